//! The meanings that options of a compiler driver can have.

use crate::SearchKind;
use crate::side::Side;

/// The meaning of a driver's option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// Touches no file.
    Harmless,
    /// Belongs to a family that touches no file. If its value looks like a path, the option isn't known.
    Family,
    /// Makes the command not understood.
    Unknown,
    /// Like `Unknown`, because its files can't be named.
    UnknownFiles(&'static str),
    /// Sets where the driver stops.
    Stop(Stop),
    /// Only queries the driver.
    Query,
    /// `-v`: a query if there is no input, otherwise only prints.
    Verbose,
    /// Prints the commands without running them.
    DryRun,
    /// `-o`.
    Output,
    /// `-x`.
    Language,
    /// `-target`, `--target=`.
    Target,
    /// A directory that is searched for headers.
    IncludeDir(SearchKind),
    /// `-B`.
    Prefix,
    /// `-include`, `-imacros`.
    ForcedInclude,
    /// `-specs=`.
    Specs,
    /// A file that is read, such as a list of names.
    ReadsFile,
    /// An option of the linker itself, spelt as the linker spells it, with its value.
    Linker,
    /// `-static`: the linker looks only for static archives.
    Static,
    /// `-flto`: the linker compiles.
    Lto,
    /// `-Wl,`.
    ToLinker,
    /// `-Xlinker`.
    ToLinkerApart,
    /// `-Wa,`.
    ToAssembler,
    /// `-Xassembler`.
    ToAssemblerApart,
    /// `-Wp,`.
    ToPreprocessor,
    /// `-Xpreprocessor`.
    ToPreprocessorApart,
    /// `-Xclang`.
    ToClang,
    /// `-MD` and `-MMD`.
    Depfile { system_headers: bool },
    /// `-MF`.
    DepfilePath,
    /// `-MT`, `-MP` and others that set the form of make rules.
    DepfileForm,
    /// Sets what `-E` prints. If the driver doesn't stop there, it requests dumps of the compiler instead.
    PreprocessorDump,
    /// `-fopt-info`, which prints unless it names a file.
    OptInfo,
    /// Writes a file beside each object.
    Side(Side),
    /// Writes the file named by its value.
    SideFile,
    /// Records the output's path in the output.
    PathRecorded,
    /// `--coverage`: writes notes beside the object, and records the object's path in it.
    Coverage,
}

/// The point where a driver stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// `-c`.
    Object,
    /// `-S`.
    Assembly,
    /// `-E`.
    Preprocessed,
    /// `-fsyntax-only`.
    Checked,
    /// `-M`, `-MM`.
    MakeRules,
}

/// The meaning of the options that `-Wa,` and `-Xassembler` may pass on: they touch no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Harmless;
