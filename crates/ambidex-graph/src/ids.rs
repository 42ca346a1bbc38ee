//! The small integers that identify the parts of a graph.

use std::fmt;
use std::num::NonZeroU32;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        // The number is the index plus one, so that an optional id takes no more space than an id.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            pub(crate) fn new(index: usize) -> Self {
                let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
                Self(number.expect("a graph holds fewer than 2^32 of anything"))
            }

            /// Returns the position in the table that the id belongs to.
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
    /// A path that commands name. The caller decides which spellings mean the same path.
    PathId
}
id! {
    /// One execution: a command that runs at most once, however often it was recorded.
    NodeId
}
id! {
    /// A recording's position in program order: the order in which the serial build would run.
    Seq
}
id! {
    /// Recordings that the serial build stops at their first failure, such as those of one extension.
    GroupId
}

/// The identity of a command. Equal keys mean equal commands in an equal setting (arguments, working directory,
/// environment, tool). A key does not cover the content of the command's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);
