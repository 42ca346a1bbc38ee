//! A lock that survives what happens in a C library: a signal handler that interrupts its holder, and a fork.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::sys;

/// A value that one thread can use at a time.
pub(crate) struct Lock<T> {
    /// The thread that holds the lock, or 0.
    owner: AtomicI32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only reached through a guard, and there is one guard at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { owner: AtomicI32::new(0), value: UnsafeCell::new(value) }
    }

    /// Waits for the lock. Returns `None` if this very thread holds it: then a signal handler runs inside the holder.
    pub(crate) fn lock(&self) -> Option<Guard<'_, T>> {
        let me = sys::gettid();
        let mut tries = 0_u32;
        loop {
            match self.owner.compare_exchange_weak(0, me, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(Guard(self)),
                Err(owner) if owner == me => return None,
                Err(_) => {}
            }
            tries += 1;
            if tries < 100 {
                sys::sched_yield();
            } else {
                sys::pause(1);
            }
        }
    }

    /// Takes the lock if it is free.
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        let me = sys::gettid();
        self.owner.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed).ok().map(|_| Guard(self))
    }

    /// Frees the lock in a process that was just made by fork, where the holder may not exist.
    pub(crate) fn free_after_fork(&self) {
        self.owner.store(0, Ordering::Release);
    }
}

/// The right to use the value of a lock.
pub(crate) struct Guard<'a, T>(&'a Lock<T>);

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this is the only guard.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this is the only guard.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.0.owner.store(0, Ordering::Release);
    }
}
