//! The reasons why a command is not understood.

/// The reason why a command could not be read. Such a command must run unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotUnderstood {
    /// There are no arguments at all.
    #[error("empty command")]
    Empty,
    /// The program is not a tool that this crate knows.
    #[error("`{0}` is not a known compiler, linker or archiver")]
    UnknownTool(String),
    /// A launcher (`ccache`, `env`) is used in a way that isn't known.
    #[error("`{launcher}` with `{argument}` is not known")]
    Launcher {
        /// The launcher.
        launcher: String,
        /// The argument after it.
        argument: String,
    },
    /// An option is in no table, or its row says that its effect on files can't be known.
    #[error("option `{0}` is not known")]
    UnknownOption(String),
    /// An option is known, but the names of its files differ from compiler to compiler.
    #[error("the files that `{option}` reads or writes can't be named: {why}")]
    UnknownFiles {
        /// The option.
        option: String,
        /// Why their names can't be known.
        why: &'static str,
    },
    /// An option lacks its value.
    #[error("option `{0}` lacks its value")]
    MissingValue(String),
    /// Two options are known, but not together.
    #[error("`{0}` and `{1}` together are not known")]
    Conflict(String, String),
    /// The language, from `-x` or from an extension, isn't known.
    #[error("`{0}` is in a language that is not known")]
    UnknownLanguage(String),
    /// A header is compiled, which makes a precompiled header.
    #[error("`{0}` would become a precompiled header")]
    PrecompiledHeader(String),
    /// A file is neither a source nor something that a linker reads here.
    #[error("`{0}` is not an input of this kind of command")]
    UnknownOperand(String),
    /// A response file could not be read.
    #[error("response file `{path}` could not be read: {error}")]
    ResponseFile {
        /// Its path as written.
        path: String,
        /// The error of the operating system.
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
    /// An environment variable makes the tool write files.
    #[error("the environment variable `{0}` changes what files the command touches")]
    Environment(String),
    /// An operation of the archiver isn't known.
    #[error("archive operation `{0}` is not known")]
    ArchiveOperation(String),
}
