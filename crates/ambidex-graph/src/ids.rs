//! Knows the small integers by which the graph names its parts.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            pub(crate) fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("a graph holds fewer than 2^32 of anything"))
            }

            /// The position in the table that the id belongs to.
            pub fn index(self) -> usize {
                self.0 as usize
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
