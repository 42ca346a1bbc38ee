//! The options of the compiler drivers: GCC's and Clang's, in one table.
//!
//! Sources: GCC manual, "Option Summary" and the chapters it points to (GCC 4.8 to 15); Clang command line argument
//! reference. Options of `-f`, `-g`, `-m`, `-W` and `-O` touch no file unless they have a row of their own.

use crate::SearchKind;
use crate::side::Side;
use crate::table::{Row, Value, row};

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

use Means::{Family, Unknown, UnknownFiles};
use Value::{Apart, Either, Joined, JoinedOrNone, None};

const HARMLESS: Means = Means::Harmless;
const LINKER: Means = Means::Linker;

const PROFILE_NAMES: &str = "GCC and Clang name profiles differently";
const RECORD_NAMES: &str = "GCC and Clang name records differently";
const TEMPORARY_NAMES: &str = "temporary files are named differently from version to version";
const DUMP_NAMES: &str = "dumps carry the numbers of the compiler's passes";

pub(crate) const DRIVER: &[Row<Means>] = &[
    row("-###", None, Means::DryRun),
    row("--all-warnings", None, HARMLESS),
    row("--ansi", None, HARMLESS),
    row("--coverage", None, Means::Coverage),
    row("--driver-mode=", Joined, Unknown),
    row("--gcc-toolchain=", Joined, HARMLESS),
    row("--help", None, Means::Query),
    row("--help=", Joined, Means::Query),
    row("--no-warnings", None, HARMLESS),
    row("--param", Apart, HARMLESS),
    row("--param=", Joined, HARMLESS),
    row("--pedantic", None, HARMLESS),
    row("--pedantic-errors", None, HARMLESS),
    row("--print-", Joined, Means::Query),
    row("--rtlib=", Joined, HARMLESS),
    row("--serialize-diagnostics", Apart, Means::SideFile),
    row("--specs", Apart, Means::Specs),
    row("--specs=", Joined, Means::Specs),
    row("--std=", Joined, HARMLESS),
    row("--stdlib=", Joined, HARMLESS),
    row("--sysroot", Apart, HARMLESS),
    row("--sysroot=", Joined, HARMLESS),
    row("--target", Apart, Means::Target),
    row("--target-help", None, Means::Query),
    row("--target=", Joined, Means::Target),
    row("--unwindlib=", Joined, HARMLESS),
    row("--verbose", None, Means::Verbose),
    row("--version", None, Means::Query),
    row("-A", Either, HARMLESS),
    row("-B", Either, Means::Prefix),
    row("-C", None, HARMLESS),
    row("-CC", None, HARMLESS),
    row("-D", Either, HARMLESS),
    row("-E", None, Means::Stop(Stop::Preprocessed)),
    row("-H", None, HARMLESS),
    row("-I", Either, Means::IncludeDir(SearchKind::Include)),
    row("-L", Either, LINKER),
    row("-M", None, Means::Stop(Stop::MakeRules)),
    row("-MD", None, Means::Depfile { system_headers: true }),
    row("-MF", Either, Means::DepfilePath),
    row("-MG", None, Means::DepfileForm),
    row("-MJ", Either, Means::SideFile),
    row("-MM", None, Means::Stop(Stop::MakeRules)),
    row("-MMD", None, Means::Depfile { system_headers: false }),
    row("-MP", None, Means::DepfileForm),
    row("-MQ", Either, Means::DepfileForm),
    row("-MT", Either, Means::DepfileForm),
    row("-N", None, LINKER),
    row("-O", JoinedOrNone, Family),
    row("-ObjC", None, Unknown),
    row("-ObjC++", None, Unknown),
    row("-P", None, HARMLESS),
    row("-Q", None, HARMLESS),
    row("-Qunused-arguments", None, HARMLESS),
    row("-R", Either, LINKER),
    // Clang's optimization remarks. GCC passes them to the linker as `-R pass=...`.
    row("-Rpass", JoinedOrNone, Unknown),
    row("-S", None, Means::Stop(Stop::Assembly)),
    row("-T", Either, LINKER),
    row("-Tbss", JoinedOrNone, Unknown),
    row("-Tdata", JoinedOrNone, Unknown),
    row("-Ttext", JoinedOrNone, Unknown),
    row("-U", Either, HARMLESS),
    row("-W", JoinedOrNone, Family),
    row("-Wa,", JoinedOrNone, Means::ToAssembler),
    row("-Wl,", JoinedOrNone, Means::ToLinker),
    row("-Wp,", JoinedOrNone, Means::ToPreprocessor),
    row("-Xassembler", Apart, Means::ToAssemblerApart),
    row("-Xclang", Apart, Means::ToClang),
    row("-Xlinker", Apart, Means::ToLinkerApart),
    row("-Xpreprocessor", Apart, Means::ToPreprocessorApart),
    row("-ansi", None, HARMLESS),
    row("-aux-info", Apart, Means::SideFile),
    row("-c", None, Means::Stop(Stop::Object)),
    row("-canonical-prefixes", None, HARMLESS),
    row("-coverage", None, Means::Coverage),
    row("-dD", None, Means::PreprocessorDump),
    row("-dI", None, Means::PreprocessorDump),
    row("-dM", None, Means::PreprocessorDump),
    row("-dN", None, Means::PreprocessorDump),
    row("-dU", None, Means::PreprocessorDump),
    row("-dumpfullversion", None, Means::Query),
    row("-dumpmachine", None, Means::Query),
    row("-dumpspecs", None, Means::Query),
    row("-dumpversion", None, Means::Query),
    // The values of `-e`, `-h` and `-u` may be joined too, but other options of Clang begin in the same way.
    row("-e", Apart, LINKER),
    row("-emit-", Joined, Unknown),
    row("-export-dynamic", None, LINKER),
    row("-f", Joined, Family),
    row("-fada-", Joined, Unknown),
    row("-fapinotes", JoinedOrNone, Unknown),
    row("-fauto-profile", JoinedOrNone, UnknownFiles(PROFILE_NAMES)),
    row("-fbasic-block-sections=", Joined, Unknown),
    row("-fbranch-probabilities", None, UnknownFiles(PROFILE_NAMES)),
    row("-fbuild-session-", Joined, Unknown),
    row("-fbuiltin-module-map", None, Unknown),
    row("-fcallgraph-info", JoinedOrNone, Means::Side(Side::CallGraph)),
    row("-fcas", JoinedOrNone, Unknown),
    row("-fcompare-debug", JoinedOrNone, UnknownFiles(TEMPORARY_NAMES)),
    row("-fcondition-coverage", None, Means::PathRecorded),
    row("-fcoverage-compilation-dir=", Joined, HARMLESS),
    row("-fcoverage-prefix-map=", Joined, HARMLESS),
    row("-fcrash-diagnostics", JoinedOrNone, Unknown),
    row("-fcs-profile-", Joined, Unknown),
    row("-fcuda", JoinedOrNone, Unknown),
    row("-fdebug-compilation-dir", Apart, HARMLESS),
    row("-fdebug-compilation-dir=", Joined, HARMLESS),
    row("-fdebug-prefix-map=", Joined, HARMLESS),
    row("-fdepfile-entry=", Joined, Unknown),
    row("-fdeps-", Joined, Unknown),
    row("-fdiagnostics-add-output=", Joined, Unknown),
    row("-fdiagnostics-format=json-file", None, UnknownFiles(RECORD_NAMES)),
    row("-fdiagnostics-format=sarif-file", None, UnknownFiles(RECORD_NAMES)),
    row("-fdiagnostics-set-output=", Joined, Unknown),
    row("-fdriver-only", None, Unknown),
    row("-fdump-", Joined, UnknownFiles(DUMP_NAMES)),
    row("-fdump-noaddr", None, HARMLESS),
    row("-fdump-unnumbered", None, HARMLESS),
    row("-fembed-bitcode", JoinedOrNone, Unknown),
    row("-fembed-offload-object", JoinedOrNone, Unknown),
    row("-fextdirs", JoinedOrNone, Unknown),
    row("-ffile-prefix-map=", Joined, HARMLESS),
    row("-fgpu", JoinedOrNone, Unknown),
    row("-fhelp", JoinedOrNone, Unknown),
    row("-fhip", JoinedOrNone, Unknown),
    row("-filelist", Apart, Unknown),
    row("-fimplicit-module", JoinedOrNone, Unknown),
    row("-findex-", Joined, Unknown),
    row("-finstrument-functions-exclude-file-list=", Joined, HARMLESS),
    row("-finstrument-functions-exclude-function-list=", Joined, HARMLESS),
    row("-flang-info-", Joined, Unknown),
    row("-flat_namespace", None, Unknown),
    row("-flto", None, Means::Lto),
    row("-flto-incremental", JoinedOrNone, Unknown),
    row("-flto=", Joined, Means::Lto),
    row("-fltrans", JoinedOrNone, Unknown),
    row("-fmacro-prefix-map=", Joined, HARMLESS),
    row("-fmemory-profile", JoinedOrNone, Unknown),
    row("-fmodule", Joined, Unknown),
    row("-fmultilib-flag=", Joined, Unknown),
    // These turn off other options of this table. The effect depends on which of the two comes first.
    row("-fno-callgraph-info", None, Unknown),
    row("-fno-lto", None, HARMLESS),
    row("-fno-profile-arcs", None, Unknown),
    row("-fno-stack-usage", None, Unknown),
    row("-fno-syntax-only", None, Unknown),
    row("-fno-test-coverage", None, Unknown),
    row("-foffload", JoinedOrNone, Unknown),
    row("-fopenmp-targets", Joined, Unknown),
    row("-fopt-info", JoinedOrNone, Means::OptInfo),
    row("-foptimization-record", JoinedOrNone, Unknown),
    row("-force_load", Apart, Unknown),
    row("-fpass-plugin", JoinedOrNone, Unknown),
    row("-fpath-coverage", None, Means::PathRecorded),
    row("-fpch", JoinedOrNone, Unknown),
    row("-fplugin", JoinedOrNone, Unknown),
    row("-fprebuilt-", Joined, Unknown),
    row("-fproc-stat-report", JoinedOrNone, Unknown),
    row("-fprofile", JoinedOrNone, Unknown),
    row("-fprofile-abs-path", None, Means::PathRecorded),
    row("-fprofile-arcs", None, Means::PathRecorded),
    row("-fprofile-correction", None, HARMLESS),
    row("-fprofile-dir=", Joined, Means::PathRecorded),
    row("-fprofile-exclude-files=", Joined, HARMLESS),
    row("-fprofile-filter-files=", Joined, HARMLESS),
    row("-fprofile-generate", None, Means::PathRecorded),
    row("-fprofile-generate=", Joined, Means::PathRecorded),
    row("-fprofile-instr-generate", None, Means::PathRecorded),
    row("-fprofile-instr-generate=", Joined, Means::PathRecorded),
    row("-fprofile-instr-use", JoinedOrNone, UnknownFiles(PROFILE_NAMES)),
    row("-fprofile-list=", Joined, Means::ReadsFile),
    row("-fprofile-partial-training", None, HARMLESS),
    row("-fprofile-prefix-map=", Joined, HARMLESS),
    row("-fprofile-reorder-functions", None, HARMLESS),
    row("-fprofile-sample-use", JoinedOrNone, UnknownFiles(PROFILE_NAMES)),
    row("-fprofile-update=", Joined, HARMLESS),
    row("-fprofile-use", JoinedOrNone, UnknownFiles(PROFILE_NAMES)),
    row("-framework", Apart, Unknown),
    row("-frecord-", Joined, Means::PathRecorded),
    row("-frepo", None, Unknown),
    row("-freport-bug", None, Unknown),
    row("-fresolution", JoinedOrNone, Unknown),
    row("-frewrite", JoinedOrNone, Unknown),
    row("-fsanitize-blacklist=", Joined, Means::ReadsFile),
    row("-fsanitize-coverage-allowlist=", Joined, Means::ReadsFile),
    row("-fsanitize-coverage-ignorelist=", Joined, Means::ReadsFile),
    row("-fsanitize-ignorelist=", Joined, Means::ReadsFile),
    row("-fsave-", Joined, UnknownFiles(RECORD_NAMES)),
    row("-fsearch-include-path", JoinedOrNone, Unknown),
    row("-fself-test", JoinedOrNone, Unknown),
    row("-fstack-usage", None, Means::Side(Side::StackUsage)),
    row("-fsyntax-only", None, Means::Stop(Stop::Checked)),
    row("-fsystem-module", None, Unknown),
    row("-ftarget-help", None, Unknown),
    row("-ftest-", Joined, Unknown),
    row("-ftest-coverage", None, Means::Side(Side::Notes)),
    row("-fthinlto", JoinedOrNone, Unknown),
    row("-ftime-trace", None, Means::Side(Side::TimeTrace)),
    row("-ftime-trace-granularity=", Joined, HARMLESS),
    row("-ftime-trace=", Joined, UnknownFiles("the value may be a file or a directory")),
    row("-fuse-ld=", Joined, HARMLESS),
    row("-fversion", None, Unknown),
    row("-fvtable-verify=", Joined, Unknown),
    row("-fvtv-", Joined, Unknown),
    row("-fwpa", JoinedOrNone, Unknown),
    row("-fxray-", Joined, Unknown),
    row("-g", JoinedOrNone, Family),
    row("-gcc-", Joined, Unknown),
    row("-gen-", Joined, Unknown),
    row("-gmodules", None, Unknown),
    row("-gno-split-dwarf", None, Unknown),
    row("-grecord-command-line", None, Means::PathRecorded),
    row("-grecord-gcc-switches", None, Means::PathRecorded),
    row("-gsplit-dwarf", None, Means::Side(Side::SplitDwarf)),
    row("-gsplit-dwarf=", Joined, UnknownFiles("split debug information may stay in the object")),
    row("-h", Apart, LINKER),
    row("-idirafter", Either, Means::IncludeDir(SearchKind::After)),
    row("-imacros", Either, Means::ForcedInclude),
    row("-include", Either, Means::ForcedInclude),
    row("-include-", Joined, Unknown),
    row("-integrated-as", None, HARMLESS),
    row("-iquote", Either, Means::IncludeDir(SearchKind::Quote)),
    row("-isysroot", Either, HARMLESS),
    row("-isystem", Either, Means::IncludeDir(SearchKind::System)),
    row("-isystem-", Joined, Unknown),
    row("-l", Either, LINKER),
    row("-m", Joined, Family),
    row("-mllvm", Apart, Unknown),
    row("-mllvm=", Joined, Unknown),
    row("-mmlir", Apart, Unknown),
    row("-mthread-model", Apart, HARMLESS),
    row("-multi", Joined, Unknown),
    row("-n", None, LINKER),
    row("-no-canonical-prefixes", None, HARMLESS),
    row("-no-integrated-as", None, HARMLESS),
    row("-no-integrated-cpp", None, HARMLESS),
    row("-no-pie", None, HARMLESS),
    row("-nodefaultlibs", None, HARMLESS),
    row("-nolibc", None, HARMLESS),
    row("-nopie", None, HARMLESS),
    row("-nostartfiles", None, HARMLESS),
    row("-nostdinc", None, HARMLESS),
    row("-nostdinc++", None, HARMLESS),
    row("-nostdlib", None, HARMLESS),
    row("-nostdlib++", None, HARMLESS),
    row("-nostdlibinc", None, HARMLESS),
    row("-o", Either, Means::Output),
    row("-objc", Joined, Unknown),
    row("-p", None, HARMLESS),
    row("-pass-exit-codes", None, HARMLESS),
    row("-pedantic", None, HARMLESS),
    row("-pedantic-errors", None, HARMLESS),
    row("-pg", None, HARMLESS),
    row("-pie", None, HARMLESS),
    row("-pipe", None, HARMLESS),
    row("-print-", Joined, Means::Query),
    row("-pthread", None, HARMLESS),
    row("-r", None, HARMLESS),
    row("-rdynamic", None, HARMLESS),
    row("-rtlib=", Joined, HARMLESS),
    row("-s", None, HARMLESS),
    row("-save-temps", JoinedOrNone, UnknownFiles(TEMPORARY_NAMES)),
    row("-serialize-diagnostics", Apart, Means::SideFile),
    row("-shared", None, HARMLESS),
    row("-shared-libgcc", None, HARMLESS),
    row("-specs", Apart, Means::Specs),
    row("-specs=", Joined, Means::Specs),
    row("-static", None, Means::Static),
    // Makes only the compiler's runtime libraries static. Other libraries stay shared.
    row("-static-lib", Joined, HARMLESS),
    row("-static-pie", None, Means::Static),
    row("-std=", Joined, HARMLESS),
    row("-stdlib=", Joined, HARMLESS),
    row("-symbolic", None, HARMLESS),
    row("-target", Apart, Means::Target),
    row("-time", None, HARMLESS),
    row("-traditional-cpp", None, HARMLESS),
    row("-trigraphs", None, HARMLESS),
    row("-u", Apart, LINKER),
    row("-undef", None, HARMLESS),
    row("-unwindlib=", Joined, HARMLESS),
    row("-v", None, Means::Verbose),
    row("-w", None, HARMLESS),
    row("-x", Either, Means::Language),
    row("-z", Either, LINKER),
];

/// The options for the assembler that touch no file (binutils manual, "Using as", "Invoking"). Listings (`-a...=file`),
/// `--MD` and `-o` write files, so they are not in the table.
pub(crate) const ASSEMBLER: &[Row<Harmless>] = &[
    row("--32", None, Harmless),
    row("--64", None, Harmless),
    row("--compress-debug-sections", None, Harmless),
    row("--compress-debug-sections=", Joined, Harmless),
    row("--defsym", Apart, Harmless),
    row("--divide", None, Harmless),
    row("--execstack", None, Harmless),
    row("--fatal-warnings", None, Harmless),
    row("--gdwarf-", Joined, Harmless),
    row("--generate-missing-build-notes=", Joined, Harmless),
    row("--gstabs", None, Harmless),
    row("--gstabs+", None, Harmless),
    row("--hash-size=", Joined, Harmless),
    row("--no-warn", None, Harmless),
    row("--nocompress-debug-sections", None, Harmless),
    row("--noexecstack", None, Harmless),
    row("--reduce-memory-overheads", None, Harmless),
    row("--warn", None, Harmless),
    row("--x32", None, Harmless),
    row("-I", Either, Harmless),
    row("-L", None, Harmless),
    row("-W", None, Harmless),
    row("-force_cpusubtype_ALL", None, Harmless),
    row("-g", None, Harmless),
    row("-m", Joined, Harmless),
    row("-march=", Joined, Harmless),
];

/// The options for Clang's own compiler that `-Xclang` may pass on.
pub(crate) const CLANG: &[&str] =
    &["-disable-O0-optnone", "-disable-llvm-passes", "-fopenmp", "-fopenmp-simd", "-mrelax-all"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::assert_sorted;

    #[test]
    fn tables_are_sorted() {
        assert_sorted(DRIVER);
        assert_sorted(ASSEMBLER);
        assert!(CLANG.is_sorted());
    }
}
