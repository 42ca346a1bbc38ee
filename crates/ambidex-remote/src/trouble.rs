//! The reasons why a server can't be used.

use std::time::Duration;

use tonic::Code;

/// The reason why a request had no answer that can be used.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// There is no connection, or it broke.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// It answers that something went wrong there.
    #[error("it reports an error: {0}")]
    Failed(String),
    /// There was no answer in time.
    #[error("it did not answer within {:.1} s", .0.as_secs_f64())]
    Slow(Duration),
    /// The server wants to know who asks, or does not allow it.
    #[error("it refuses access: {0}")]
    Refused(String),
    /// The server has no room.
    #[error("it has no room: {0}")]
    Full(String),
    /// Its answers are not what was sent there.
    #[error("it returned something other than what was stored there")]
    Wrong,
    /// It does not speak the language.
    #[error("it can't be used as a cache: {0}")]
    Unsuited(String),
    /// The credentials can't be had.
    #[error("the credentials can't be read: {0}")]
    Credentials(String),
    /// All waiting together took too long.
    #[error("waiting for it took longer than it spared")]
    NotWorthIt,
}

impl Trouble {
    /// Returns what a status stands for. `limit` is how long the answer could take. A server may repeat the `secrets`
    /// that it was told.
    pub fn of(status: &tonic::Status, limit: Duration, secrets: &[String]) -> Self {
        let message = || match status.message().lines().next().unwrap_or_default().trim() {
            "" => status.code().to_string(),
            line => {
                let line = secrets.iter().fold(line.to_owned(), |line, secret| line.replace(secret, "***"));
                line.chars().filter(|letter| !letter.is_control()).take(200).collect()
            }
        };
        match status.code() {
            Code::DeadlineExceeded | Code::Cancelled => Self::Slow(limit),
            Code::Unauthenticated | Code::PermissionDenied => Self::Refused(message()),
            Code::ResourceExhausted => Self::Full(message()),
            Code::Unimplemented | Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
                Self::Unsuited(message())
            }
            Code::DataLoss => Self::Wrong,
            // A status without a source comes from the server.
            Code::Internal | Code::Aborted | Code::NotFound | Code::AlreadyExists => Self::Failed(message()),
            code => match source(status) {
                Some(source) => Self::Unreachable(source),
                None if code == Code::Unavailable => Self::Unreachable(message()),
                None => Self::Failed(message()),
            },
        }
    }
}

/// Returns the innermost error, which says more than "transport error".
fn source(status: &tonic::Status) -> Option<String> {
    let mut error = std::error::Error::source(status)?;
    while let Some(inner) = error.source() {
        error = inner;
    }
    Some(error.to_string())
}
