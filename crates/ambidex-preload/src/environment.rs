//! The environment that a new program needs to be captured too.

use ambidex_hook::environment::{How, Wanted, with};

pub(crate) use ambidex_hook::environment::List;

use crate::settings;

/// Calls `start` with the given environment if a program with it is captured already, else with one that has the
/// entries for this.
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
    // SAFETY: the caller guarantees the end of the list.
    unsafe { with(list, wanted, start) }
}
