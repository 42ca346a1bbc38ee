//! The ways in which the server can go wrong.

use std::time::Duration;

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// One bit of each content that it returns is another.
    Flipped,
    /// Half of each content that it returns is missing.
    Cut,
    /// Each content that it returns is another content that it holds.
    Swapped,
    /// The result of an action that it returns is that of another one.
    OtherResult,
    /// The results that it returns hold names and lengths that mean nothing.
    Nonsense,
    /// It knows the results, but has none of the contents.
    Forgetful,
    /// It takes nothing any more.
    Full,
    /// It allows nobody to write.
    Denied,
    /// Each answer takes this long.
    Slow(Duration),
    /// It never answers.
    Stuck,
    /// Each request fails with an error of its own.
    Broken,
}

impl Fault {
    /// All faults, with waits that a person would notice.
    pub const ALL: [Self; 12] = [
        Self::None,
        Self::Flipped,
        Self::Cut,
        Self::Swapped,
        Self::OtherResult,
        Self::Nonsense,
        Self::Forgetful,
        Self::Full,
        Self::Denied,
        Self::Slow(Duration::from_millis(700)),
        Self::Stuck,
        Self::Broken,
    ];
}
