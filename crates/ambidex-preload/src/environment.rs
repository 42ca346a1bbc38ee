//! What a new program's environment needs, so that it is captured too.

use ambidex_hook::environment::{How, Wanted, with};

pub(crate) use ambidex_hook::environment::List;

use crate::settings;

/// Calls `start` with the environment as it is, if it is captured already, or else with one that is.
///
/// # Safety
/// The list must be null, or end with a null pointer.
pub(crate) unsafe fn captured<R>(list: List, start: impl FnOnce(List) -> R) -> R {
    if !settings::active() {
        return start(list);
    }
    let wanted = [
        Wanted { name: b"AMBIDEX_SOCKET=", value: settings::socket(), how: How::Alone },
        Wanted { name: b"LD_PRELOAD=", value: settings::library(), how: How::InList },
        Wanted { name: b"PYTHONPATH=", value: settings::folder(), how: How::InFront },
    ];
    // SAFETY: the caller says so.
    unsafe { with(list, wanted, start) }
}
