//! What one compiler, archiver or linker command line reads and writes.
//!
//! A wrong reading would give a user a wrong module, so the crate guesses nothing. An option that is in no table makes
//! the whole command [`NotUnderstood`]. The caller then runs the command unchanged, with no other command running at
//! the same time.
//!
//! The crate is pure. It reads no file but response files, and those only through [`ResponseFiles`].

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
/// [`NotUnderstood`] names the word of the command, or the environment variable, that could not be read.
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

/// The environment that a command would run in.
pub trait Lookup {
    /// Returns the value of a variable, or `None` if it is not set.
    fn get(&self, name: &str) -> Option<&str>;
}

impl Lookup for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        BTreeMap::get(self, name).map(String::as_str)
    }
}

/// A source of the text of response files (`@file`).
pub trait ResponseFiles {
    /// Returns the text of a response file. `path` is as written on the command line, relative to the command's working
    /// directory.
    ///
    /// # Errors
    ///
    /// If the file can't be read, for whatever reason. The command is then [`NotUnderstood::ResponseFile`].
    fn read(&self, path: &str) -> std::io::Result<String>;
}

/// One command line, after reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The effective arguments, with response files expanded in place. All spans point into this.
    pub argv: Vec<String>,
    /// Whether a response file was expanded, so that `argv` is longer than the caller's arguments.
    pub expanded: bool,
    /// The index in `argv` of the compiler, linker or archiver itself, after launchers such as `ccache`.
    pub tool: usize,
    /// The kind of work that the command does.
    pub kind: Kind,
    /// The language of the first source, if there is a source.
    pub language: Option<Language>,
    /// The files named on the command line that it reads, in order.
    pub inputs: Vec<Input>,
    /// The files it writes. The first is the primary one, if there is any.
    pub outputs: Vec<Output>,
    /// The directories searched for headers, in the order written, followed by directories from the environment.
    pub include_dirs: Vec<SearchDir>,
    /// The directories searched for libraries, in the order written, followed by directories from the environment.
    pub library_dirs: Vec<SearchDir>,
    /// The libraries that the linker looks for in `library_dirs`, in order. Empty if nothing is linked.
    pub libraries: Vec<Library>,
    /// Whether the primary output can be written to another path.
    pub placement: Placement,
    /// How to find out which headers it reads.
    pub depfile: Depfile,
}

impl Command {
    /// Returns a call of a function that generates files. `argv` shows it to users, and identifies it: it holds
    /// everything that determines the outputs, besides the content of files.
    #[must_use]
    pub fn generation(argv: Vec<String>, inputs: Vec<String>, outputs: Vec<String>) -> Self {
        let nowhere = Span { arg: 0, start: 0, end: 0 };
        let input = |path| Input { path, span: nowhere, role: InputRole::Other };
        let output = |path| Output { path, span: None, role: OutputRole::Primary };
        Self {
            argv,
            expanded: false,
            tool: 0,
            kind: Kind::Generate,
            language: None,
            inputs: inputs.into_iter().map(input).collect(),
            outputs: outputs.into_iter().map(output).collect(),
            include_dirs: Vec::new(),
            library_dirs: Vec::new(),
            libraries: Vec::new(),
            placement: Placement::Renamable,
            depfile: Depfile::Unknown,
        }
    }

    /// Shrinks the lists to their lengths. A build with many commands keeps them all, and most lists have one item but
    /// room for four.
    fn give_back_room(&mut self) {
        self.argv.shrink_to_fit();
        self.inputs.shrink_to_fit();
        self.outputs.shrink_to_fit();
        self.include_dirs.shrink_to_fit();
        self.library_dirs.shrink_to_fit();
        self.libraries.shrink_to_fit();
    }

    /// Returns the output that is the purpose of the command.
    #[must_use]
    pub fn primary(&self) -> Option<&Output> {
        self.outputs.iter().find(|output| output.role == OutputRole::Primary)
    }

    /// Returns a rewrite of this command's arguments.
    pub fn rewrite(&self) -> Rewrite<'_> {
        Rewrite::new(self)
    }

    /// Returns the arguments with some spans replaced. Several spans may be in one argument, as in
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

    /// Returns the arguments with the primary output at `primary`, even if the command doesn't name its output, and
    /// with some spans replaced.
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

/// The kind of work that a command does.
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
    /// Generates sources or other files by a function of Python, which no command line describes.
    Generate,
    /// Only queries the tool (`--version`, `-dumpmachine`, `-print-*`, `-###`) and touches no file of a project.
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
    /// Returns whether a source in this language is preprocessed, so that it may include headers.
    #[must_use]
    pub fn preprocessed_by_compiler(self) -> bool {
        !matches!(self, Language::PreprocessedC | Language::PreprocessedCxx | Language::Assembler)
    }
}

/// A part of one argument: `argv[arg][start..end]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The index in [`Command::argv`].
    pub arg: usize,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A file that a command reads because its command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The path as written.
    pub path: String,
    /// Where the path is written.
    pub span: Span,
    /// How the command uses the file.
    pub role: InputRole,
}

/// The role of an input: how the command uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputRole {
    /// A source that is compiled.
    Source,
    /// An object that is linked or put into an archive.
    Object,
    /// A static library that is linked, or an archive that is only read.
    Archive,
    /// A shared library named by its path.
    SharedLibrary,
    /// A header named by `-include` or `-imacros`. The compiler looks for it in the working directory first, then as
    /// for `#include "..."`, so there may be no file at the path as written.
    ForcedInclude,
    /// A script or a list of symbols for the linker: `-T`, `--version-script`, `--dynamic-list`,
    /// `--retain-symbols-file`. The linker looks for a `-T` script in the library directories too.
    LinkerScript,
    /// A file of driver specs (`-specs=`). The driver looks for a bare name in its own directories too, so there may be
    /// no file at the path as written.
    Specs,
    /// The earlier content of an archive that the command changes. There may be none.
    Previous,
    /// The value of the linker's `-R`. If it is a file, the linker reads its symbols. If it is a directory, it is a run
    /// path, and the linker doesn't read it.
    SymbolsOrRunPath,
    /// Another file, named by an option or passed to the linker, that is read as it is.
    Other,
}

impl InputRole {
    /// Returns whether the path can be replaced by another path to the same content, with the same file name, without
    /// changing the output's bytes.
    ///
    /// The compiler records a source's path (`__FILE__`, `DW_AT_name`), and the linker may record a shared library's
    /// (`DT_NEEDED`). An archive records the file names of its members, but not their directories.
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
    /// Where the path is written, or `None` if it is implied: `foo.o` of `gcc -c foo.c`, `a.out`.
    pub span: Option<Span>,
    /// Whether it is the purpose of the command.
    pub role: OutputRole,
}

/// The role of an output: the purpose of the command or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputRole {
    /// The object, module, program or archive.
    Primary,
    /// A file written beside it: a dependency file, a map, notes for `gcov`.
    Side,
}

/// A directory that the tool searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDir {
    /// The path as written.
    pub path: String,
    /// Where the path is written, or `None` if it comes from the environment or follows from another option.
    pub span: Option<Span>,
    /// The first argument of its option: `-L` of `-L dir`, the first `-Xlinker` of `-Xlinker -L -Xlinker dir`.
    /// Arguments inserted before it separate no option from its value.
    pub first_arg: Option<usize>,
    /// The purpose of the search, and its position in the search order.
    pub kind: SearchKind,
}

/// The purpose of a search. Within [`Command::include_dirs`], the compiler searches all directories of one kind before
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

/// A library that the linker looks for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The name as written: `foo` of `-lfoo`, or with a colon `:libfoo.a` of `-l:libfoo.a`.
    pub name: String,
    /// Where the name is written, without `-l`.
    pub span: Span,
    /// Whether the linker looks only for static archives at this point (`-static`, `-Wl,-Bstatic`).
    pub static_only: bool,
}

impl Library {
    /// Returns the file names that the linker looks for in each directory, in order.
    #[must_use]
    pub fn file_names(&self) -> Vec<String> {
        if let Some(exact) = self.name.strip_prefix(':') {
            return vec![exact.to_owned()];
        }
        let archive = format!("lib{}.a", self.name);
        if self.static_only { vec![archive] } else { vec![format!("lib{}.so", self.name), archive] }
    }
}

/// The constraint on where the primary output can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// It can be written to any path *with the same file name*. The output may contain that name: a shared library with
    /// a version script and without a soname records its file name.
    Renamable,
    /// The command must run with its own paths.
    InPlace(InPlaceReason),
}

/// The reason why a command must run with its own paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InPlaceReason {
    /// It writes nothing, or only to its standard output.
    NoOutput,
    /// Its output isn't a plain file, such as `/dev/null`.
    NotAPlainFile,
    /// It writes more than one primary output.
    SeveralOutputs,
    /// It writes files beside its output.
    SideFiles,
    /// The output records its own path (profiling, a recorded command line).
    PathRecorded,
    /// It prints the paths of its inputs (`-t`, `-M` of the linker).
    PathsPrinted,
    /// It compares or records the times or the full paths of its inputs (`ar u`, thin archives).
    InputsRecorded,
}

impl InPlaceReason {
    /// Returns the reason in words, to follow "runs in place because it ...".
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

/// The way to find out which headers a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Depfile {
    /// By appending `-MD -MF file` to its arguments.
    Inject,
    /// From a dependency file that the command itself requests.
    Own {
        /// The path that the compiler writes it to.
        path: String,
        /// Whether it lists system headers too (`-MD`, not `-MMD`).
        system_headers: bool,
    },
    /// There are none: no source is preprocessed.
    None,
    /// The command may read files that no dependency file can name: an assembler's `.include`, or several sources
    /// in one command.
    Unknown,
}
