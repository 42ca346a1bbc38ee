//! The descriptors that the process had from its start, and the descriptors of ambidex itself.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use crate::{state, sys, wire};

/// The maximum number of remembered descriptors. Beyond it, a snapshot may be refused that could have been taken.
const MOST: usize = 128;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static FIRST: [(AtomicI32, AtomicU64, AtomicU64); MOST] =
    [const { (AtomicI32::new(-1), AtomicU64::new(0), AtomicU64::new(0)) }; MOST];

/// Calls `each` with the number of every open descriptor.
pub(crate) fn all(mut each: impl FnMut(c_int)) -> Result<(), c_int> {
    let folder = sys::Own(sys::open(c"/proc/self/fd", sys::O_RDONLY | sys::O_DIRECTORY)?);
    sys::entries(folder.0, |name| {
        if let Some(fd) = std::str::from_utf8(name).ok().and_then(|name| name.parse().ok())
            && fd != folder.0
        {
            each(fd);
        }
        true
    })
}

/// Remembers the descriptors that are open now. Whoever started the process has them too, so they are not private to
/// this process.
pub(crate) fn remember_first() {
    let mut count = 0;
    let _ = all(|fd| {
        if count < MOST
            && let Ok(stat) = sys::fstat(fd)
        {
            FIRST[count].0.store(fd, Ordering::Relaxed);
            FIRST[count].1.store(stat.dev, Ordering::Relaxed);
            FIRST[count].2.store(stat.ino, Ordering::Relaxed);
            count += 1;
        }
    });
    COUNT.store(count, Ordering::Relaxed);
}

/// Returns whether this very file was open under this number from the start.
pub(crate) fn from_the_start(fd: c_int, stat: &sys::Stat) -> bool {
    FIRST[..COUNT.load(Ordering::Relaxed)].iter().any(|first| {
        first.0.load(Ordering::Relaxed) == fd
            && first.1.load(Ordering::Relaxed) == stat.dev
            && first.2.load(Ordering::Relaxed) == stat.ino
    })
}

/// Returns whether a descriptor is one of ambidex itself.
pub(crate) fn our_own(fd: c_int) -> bool {
    state::session().is_some_and(|session| session.fd == fd) || wire::connection() == Some(fd)
}
