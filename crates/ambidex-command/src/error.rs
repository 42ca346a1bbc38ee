//! The reasons for which a command is not understood.

/// Why a command could not be read. It is to be run as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotUnderstood {
    /// There are no arguments at all.
    #[error("empty command")]
    Empty,
    /// The program is no tool that this crate knows.
    #[error("`{0}` is not a known compiler, linker or archiver")]
    UnknownTool(String),
    /// A launcher (`ccache`, `env`) is used in a way that isn't known.
    #[error("`{launcher}` with `{argument}` is not known")]
    Launcher {
        /// The launcher.
        launcher: String,
        /// What follows it.
        argument: String,
    },
    /// An option stands in no table, or in one as an option whose effect on files can't be known.
    #[error("option `{0}` is not known")]
    UnknownOption(String),
    /// An option is known, but the names of the files it makes differ from compiler to compiler.
    #[error("the files that `{option}` reads or writes can't be named: {why}")]
    UnknownFiles {
        /// The option.
        option: String,
        /// What keeps their names from being known.
        why: &'static str,
    },
    /// An option lacks its value.
    #[error("option `{0}` lacks its value")]
    MissingValue(String),
    /// Options that are known alone don't go together.
    #[error("`{0}` and `{1}` together are not known")]
    Conflict(String, String),
    /// A language that isn't known, from `-x` or from an extension.
    #[error("`{0}` is in a language that is not known")]
    UnknownLanguage(String),
    /// A header is compiled, which makes a precompiled header.
    #[error("`{0}` would become a precompiled header")]
    PrecompiledHeader(String),
    /// A file that is neither source nor something a linker reads here.
    #[error("`{0}` is not an input of this kind of command")]
    UnknownOperand(String),
    /// A response file could not be read.
    #[error("response file `{path}` could not be read: {error}")]
    ResponseFile {
        /// Its path as written.
        path: String,
        /// What the operating system said.
        error: String,
    },
    /// Response files name each other without end.
    #[error("response files are nested too deeply at `{0}`")]
    ResponseFileDepth(String),
    /// Two outputs are named.
    #[error("two outputs are named: `{0}` and `{1}`")]
    TwoOutputs(String, String),
    /// There is no input.
    #[error("no input is named")]
    NoInput,
    /// Source text is read from the standard input.
    #[error("`{0}` reads the standard input")]
    StandardInput(String),
    /// A path is relative to the sysroot (`-I=dir`).
    #[error("`{0}` is relative to the sysroot")]
    SysrootPath(String),
    /// A variable of the environment makes the tool write files.
    #[error("the environment variable `{0}` changes what files the command touches")]
    Environment(String),
    /// An operation of the archiver that isn't known.
    #[error("archive operation `{0}` is not known")]
    ArchiveOperation(String),
}
