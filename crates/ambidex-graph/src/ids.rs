//! The small integers by which the graph names its parts.

use std::fmt;
use std::num::NonZeroU32;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        // One more than the index, so that an optional id takes no more room than an id.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            pub(crate) fn new(index: usize) -> Self {
                let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
                Self(number.expect("a graph holds fewer than 2^32 of anything"))
            }

            /// The position in the table that the id belongs to.
            pub fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.index()).finish()
            }
        }
    };
}

id! {
    /// A path that commands name. What makes two spellings one path is the caller's business.
    PathId
}
id! {
    /// One execution: a command that runs at most once, however often it was recorded.
    NodeId
}
id! {
    /// A recording's place in program order: the order in which the serial build would run.
    Seq
}
id! {
    /// Recordings that the serial build would stop at the first failure of: those of one extension.
    GroupId
}

/// The identity of a command: equal keys are equal commands in an equal setting (arguments, working directory,
/// environment, tool). Says nothing of the content of their inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);
