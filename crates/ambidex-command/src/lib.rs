//! What one compiler, archiver or linker command line reads and writes.
//!
//! A reading that is wrong gives a user a wrong module, so nothing is guessed: an option that stands in no table makes
//! the whole command [`NotUnderstood`], and the caller runs it as it stands, with nothing else running beside it.
//!
//! The crate is pure. It looks at no file but response files, and at those only through [`ResponseFiles`].

#![warn(missing_docs)]

mod archiver;
mod driver;
mod driver_args;
mod error;
mod linker;
mod linker_args;
mod operand;
mod response;
mod rewrite;
mod side;
mod table;
mod tool;

use std::collections::BTreeMap;

pub use error::NotUnderstood;
pub use rewrite::Rewrite;

/// Reads one command line. `argv[0]` is as the caller would exec it.
///
/// # Errors
///
/// [`NotUnderstood`] says which word of the command, or which variable of its environment, could not be read.
pub fn read(argv: &[String], env: &dyn Lookup, files: &dyn ResponseFiles) -> Result<Command, NotUnderstood> {
    let start = tool::find(argv, env)?;
    let (argv, expanded) = response::expand(argv, start.index + 1, files)?;
    let mut command = match start.tool {
        tool::Tool::Driver(driver) => driver::read(argv, expanded, &start, driver),
        tool::Tool::Linker => linker::read(argv, expanded, &start),
        tool::Tool::Archiver => archiver::read_ar(argv, expanded, &start),
        tool::Tool::Ranlib => archiver::read_ranlib(argv, expanded, &start),
    }?;
    command.give_back_room();
    Ok(command)
}

/// The environment a command would run in.
pub trait Lookup {
    /// The value of a variable, `None` where it is not set.
    fn get(&self, name: &str) -> Option<&str>;
}

impl Lookup for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        BTreeMap::get(self, name).map(String::as_str)
    }
}

/// Where the text of response files (`@file`) comes from.
pub trait ResponseFiles {
    /// The text of a response file. `path` is as written on the command line, relative to the command's working
    /// directory.
    ///
    /// # Errors
    ///
    /// Whatever kept the file from being read; the command is then [`NotUnderstood::ResponseFile`].
    fn read(&self, path: &str) -> std::io::Result<String>;
}

/// One command line, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The effective arguments: response files are expanded in place. All spans point into this.
    pub argv: Vec<String>,
    /// Whether a response file was expanded, so that `argv` is longer than what the caller gave.
    pub expanded: bool,
    /// Index in `argv` of the compiler, linker or archiver itself, behind launchers such as `ccache`.
    pub tool: usize,
    /// What the command does.
    pub kind: Kind,
    /// The language of the first source, where there is a source.
    pub language: Option<Language>,
    /// Files named on the command line that it reads, in order.
    pub inputs: Vec<Input>,
    /// Files it writes. The first is the primary one, unless there is none at all.
    pub outputs: Vec<Output>,
    /// Directories searched for headers, in the order written; those from the environment come last.
    pub include_dirs: Vec<SearchDir>,
    /// Directories searched for libraries, in the order written; those from the environment come last.
    pub library_dirs: Vec<SearchDir>,
    /// Libraries that are looked for in `library_dirs`, in order. Empty where nothing is linked.
    pub libraries: Vec<Library>,
    /// Whether the primary output may be written to another path.
    pub placement: Placement,
    /// How the headers it reads can be learnt.
    pub depfile: Depfile,
}

impl Command {
    /// A builder of many commands keeps them all: most of their lists have one item, and room for four.
    fn give_back_room(&mut self) {
        self.argv.shrink_to_fit();
        self.inputs.shrink_to_fit();
        self.outputs.shrink_to_fit();
        self.include_dirs.shrink_to_fit();
        self.library_dirs.shrink_to_fit();
        self.libraries.shrink_to_fit();
    }

    /// The output that the command is run for.
    #[must_use]
    pub fn primary(&self) -> Option<&Output> {
        self.outputs.iter().find(|output| output.role == OutputRole::Primary)
    }

    /// A rewrite of this command's arguments.
    pub fn rewrite(&self) -> Rewrite<'_> {
        Rewrite::new(self)
    }

    /// The arguments with some spans replaced. Several spans may lie in one argument, as in
    /// `-Wl,--version-script=a,-Map=b`.
    ///
    /// # Panics
    ///
    /// If two spans overlap without being equal, or a span isn't one of this command's.
    #[must_use]
    pub fn with_replacements(&self, replacements: &[(Span, &str)]) -> Vec<String> {
        let mut rewrite = self.rewrite();
        for &(span, text) in replacements {
            rewrite = rewrite.replace(span, text);
        }
        rewrite.finish()
    }

    /// The arguments with the primary output at `primary`, also where the command doesn't name its output, and some
    /// spans replaced.
    ///
    /// # Panics
    ///
    /// As [`Command::with_replacements`] does.
    #[must_use]
    pub fn renamed_argv(&self, primary: &str, replacements: &[(Span, &str)]) -> Vec<String> {
        let mut rewrite = self.rewrite().output(primary);
        for &(span, text) in replacements {
            rewrite = rewrite.replace(span, text);
        }
        rewrite.finish()
    }
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Makes an object, or with `-S` assembly, from each source. Nearly always there is one source.
    Compile,
    /// Stops after preprocessing (`-E`), writes make rules (`-M`, `-MM`), or only checks (`-fsyntax-only`).
    Preprocess,
    /// Compiles sources and links them in one command.
    CompileAndLink,
    /// Links objects and libraries.
    Link,
    /// Reads or changes an archive (`ar`).
    Archive,
    /// Writes the symbol index of an archive (`ranlib`, `ar s`).
    Index,
    /// Only asks the tool something (`--version`, `-dumpmachine`, `-print-*`, `-###`); touches no file of a project.
    Query,
}

/// The language of a source, from its extension or from `-x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// C.
    C,
    /// C++.
    Cxx,
    /// Objective-C.
    ObjC,
    /// Objective-C++.
    ObjCxx,
    /// C that is already preprocessed (`.i`).
    PreprocessedC,
    /// C++ that is already preprocessed (`.ii`).
    PreprocessedCxx,
    /// Assembly that isn't preprocessed (`.s`). The assembler may still include files.
    Assembler,
    /// Assembly that is preprocessed (`.S`, `.sx`).
    AssemblerWithCpp,
}

impl Language {
    /// Whether a source in this language is preprocessed, so that it may include headers.
    #[must_use]
    pub fn preprocessed_by_compiler(self) -> bool {
        !matches!(self, Language::PreprocessedC | Language::PreprocessedCxx | Language::Assembler)
    }
}

/// A part of one argument: `argv[arg][start..end]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Index in [`Command::argv`].
    pub arg: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A file that a command reads because its command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The path as written.
    pub path: String,
    /// Where it is written.
    pub span: Span,
    /// What it is read as.
    pub role: InputRole,
}

/// What an input is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputRole {
    /// A source to be compiled.
    Source,
    /// An object to be linked or put into an archive.
    Object,
    /// A static library to be linked, or an archive that is only read.
    Archive,
    /// A shared library named by its path.
    SharedLibrary,
    /// A header named by `-include` or `-imacros`. It is looked for in the working directory first, then like
    /// `#include "..."`, so there may be no file at the path as written.
    ForcedInclude,
    /// A script or a list of symbols for the linker: `-T`, `--version-script`, `--dynamic-list`,
    /// `--retain-symbols-file`. A `-T` script is looked for in the library directories too.
    LinkerScript,
    /// A file of driver specs (`-specs=`). The driver looks for a bare name in its own directories too, so there may be
    /// no file at the path as written.
    Specs,
    /// The earlier content of an archive that the command changes. There may be none.
    Previous,
    /// The value of the linker's `-R`: where it is a file, its symbols are read; where it is a directory it is a run
    /// path and isn't read.
    SymbolsOrRunPath,
    /// Some other file, named by an option or given to the linker, that is read as it stands.
    Other,
}

impl InputRole {
    /// Whether the path may be replaced by another path to the same content, with the same file name, without
    /// changing the output's bytes.
    ///
    /// A source's path is recorded (`__FILE__`, `DW_AT_name`), and a shared library's may be (`DT_NEEDED`). An archive
    /// records the file name of its members, but not their directory.
    #[must_use]
    pub fn substitutable(self) -> bool {
        matches!(self, InputRole::Object | InputRole::Archive | InputRole::Previous)
    }
}

/// A file that a command writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The path as written, or as the tool would name it.
    pub path: String,
    /// Where it is written, `None` where it is implied: `foo.o` of `gcc -c foo.c`, `a.out`.
    pub span: Option<Span>,
    /// Whether it is what the command is for.
    pub role: OutputRole,
}

/// Whether an output is what a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputRole {
    /// The object, module, program or archive.
    Primary,
    /// Written beside it: a dependency file, a map, notes for `gcov`.
    Side,
}

/// A directory that is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDir {
    /// The path as written.
    pub path: String,
    /// Where it is written, `None` where it comes from the environment or follows from another option.
    pub span: Option<Span>,
    /// The first argument of the option it is written with: `-L` of `-L dir`, the first `-Xlinker` of
    /// `-Xlinker -L -Xlinker dir`. Arguments inserted before it part no option from its value.
    pub first_arg: Option<usize>,
    /// What it is searched for, and after which others.
    pub kind: SearchKind,
}

/// What a directory is searched for. Within [`Command::include_dirs`], the compiler searches all of one kind before
/// the next, in the order of the first five variants (GCC manual, "Directory Search").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SearchKind {
    /// `-iquote`: only `#include "..."`.
    Quote,
    /// `-I`, `CPATH`.
    Include,
    /// `-isystem`, `C_INCLUDE_PATH`, `CPLUS_INCLUDE_PATH`.
    System,
    /// The `include` directory below a `-B` prefix.
    Prefix,
    /// `-idirafter`.
    After,
    /// `-L`, `-B`, `LIBRARY_PATH`: libraries.
    Library,
}

/// A library that is looked for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The name as written: `foo` of `-lfoo`, or with a colon `:libfoo.a` of `-l:libfoo.a`.
    pub name: String,
    /// Where the name is written, without the `-l`.
    pub span: Span,
    /// Whether only static archives are looked for at this point (`-static`, `-Wl,-Bstatic`).
    pub static_only: bool,
}

impl Library {
    /// The file names that are looked for in each directory, in order.
    #[must_use]
    pub fn file_names(&self) -> Vec<String> {
        if let Some(exact) = self.name.strip_prefix(':') {
            return vec![exact.to_owned()];
        }
        let archive = format!("lib{}.a", self.name);
        if self.static_only { vec![archive] } else { vec![format!("lib{}.so", self.name), archive] }
    }
}

/// Whether the primary output may be written to another path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// It may be written to any path *with the same file name*. The name itself may be recorded: a shared library
    /// with a version script and without a soname records its file name.
    Renamable,
    /// The command has to run with its own paths.
    InPlace(InPlaceReason),
}

/// Why a command has to run with its own paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InPlaceReason {
    /// It writes nothing, or only to its standard output.
    NoOutput,
    /// Its output is no plain file, such as `/dev/null`.
    NotAPlainFile,
    /// It writes more than one primary output.
    SeveralOutputs,
    /// It writes files beside its output.
    SideFiles,
    /// The output's path is recorded in the output (profiling, a recorded command line).
    PathRecorded,
    /// It prints the paths of its inputs (`-t`, `-M` of the linker).
    PathsPrinted,
    /// It compares or records the times or the full paths of its inputs (`ar u`, thin archives).
    InputsRecorded,
}

impl InPlaceReason {
    /// The reason in words, to follow "runs in place because it ...".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            InPlaceReason::NoOutput => "writes no file",
            InPlaceReason::NotAPlainFile => "writes to something that is no plain file",
            InPlaceReason::SeveralOutputs => "writes several outputs",
            InPlaceReason::SideFiles => "writes files beside its output",
            InPlaceReason::PathRecorded => "records its output's path in the output",
            InPlaceReason::PathsPrinted => "prints the paths of its inputs",
            InPlaceReason::InputsRecorded => "records or compares its inputs' paths or times",
        }
    }
}

/// How the headers that a command reads can be learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Depfile {
    /// `-MD -MF file` may be appended.
    Inject,
    /// The command itself asks for one.
    Own {
        /// Where the compiler writes it.
        path: String,
        /// Whether it lists system headers too (`-MD`, not `-MMD`).
        system_headers: bool,
    },
    /// There is nothing to learn: no source is preprocessed.
    None,
    /// The command may read files that no dependency file can name: an assembler's `.include`, or several sources
    /// in one command.
    Unknown,
}
