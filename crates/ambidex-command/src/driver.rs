//! The arguments of a compiler driver (GCC's or Clang's), read one after the other.

mod effects;

use crate::driver_args::{ASSEMBLER, CLANG, DRIVER, Means, Stop};
use crate::linker::{self, Item, Origin};
use crate::operand::{Operand, classify, named_language};
use crate::side::{Side, is_plain_file};
use crate::table::{Place, lookup};
use crate::tool::{Driver, Start, is_target};
use crate::{
    Command, Input, InputRole, Language, NotUnderstood, Output, OutputRole, SearchDir, SearchKind, Span,
};

/// Environment variables that make a driver write files or that change its arguments (GCC manual, "Environment
/// Variables"; Clang's driver).
const HAZARDS: &[&str] = &[
    "CCC_ADD_ARGS",
    "CCC_OVERRIDE_OPTIONS",
    "CC_LOG_DIAGNOSTICS",
    "CC_PRINT_HEADERS",
    "CC_PRINT_INTERNAL_STAT",
    "CC_PRINT_OPTIONS",
    "CC_PRINT_PROC_STAT",
    "DEPENDENCIES_OUTPUT",
    "GCC_COMPARE_DEBUG",
    "SUNPRO_DEPENDENCIES",
];

/// Reads the command line of a compiler driver.
pub(crate) fn read(
    argv: Vec<String>,
    expanded: bool,
    start: &Start<'_>,
    driver: Driver,
) -> Result<Command, NotUnderstood> {
    if let Some(name) = HAZARDS.iter().find(|name| start.env.get(name).is_some()) {
        return Err(NotUnderstood::Environment((*name).to_owned()));
    }
    linker::check_environment(start)?;
    let mut reader = Reader { driver, ..Reader::default() };
    let mut next = start.index + 1;
    while next < argv.len() {
        next = reader.argument(&argv, next)?;
    }
    reader.finish(argv, expanded, start)
}

/// A source on the command line.
#[derive(Debug)]
struct Source {
    input: Input,
    language: Language,
}

/// The make rules that a command writes beside its output.
#[derive(Debug)]
struct OwnDepfile {
    option: String,
    system_headers: bool,
    /// The value of `-Wp,-MD,`.
    path: Option<(String, Span)>,
}

/// The state of a driver's arguments that have been read so far.
#[derive(Debug, Default)]
struct Reader {
    driver: Driver,
    /// The language set by `-x`.
    language: Option<Language>,
    stop: Option<(Stop, String)>,
    query: Option<String>,
    dry_run: bool,
    verbose: bool,
    output: Option<(String, Span)>,
    sources: Vec<Source>,
    /// Other inputs, which the linker does not read.
    read_beside: Vec<Input>,
    /// Operands that only the linker reads.
    linked: Vec<String>,
    items: Vec<Item>,
    static_only: bool,
    lto: bool,
    include_dirs: Vec<SearchDir>,
    prefixes: Vec<SearchDir>,
    depfile: Option<OwnDepfile>,
    depfile_path: Option<(String, Span)>,
    depfile_form: Option<String>,
    preprocessor_dump: Option<String>,
    /// Files beside each object, with the option that requests them.
    sides: Vec<(Side, String)>,
    side_files: Vec<Output>,
    path_recorded: bool,
    /// The words for the assembler. They are read together, because a value may come in a later argument.
    assembler: Vec<String>,
    preprocessor: Vec<String>,
}

/// An option's value and where it is written.
type Spanned = (String, Span);

impl Reader {
    /// Reads the argument at `arg` with its value, and returns the index of the next.
    fn argument(&mut self, argv: &[String], arg: usize) -> Result<usize, NotUnderstood> {
        let text = &argv[arg];
        if text == "-" {
            return Err(NotUnderstood::StandardInput(text.clone()));
        }
        if !text.starts_with('-') {
            self.operand(text, whole(arg, text))?;
            return Ok(arg + 1);
        }
        let Some((row, place)) = lookup(DRIVER, text) else {
            return Err(NotUnderstood::UnknownOption(text.clone()));
        };
        let (value, next) = match place {
            Place::Nowhere => (None, arg + 1),
            Place::Here(start) => {
                let span = Span { arg, start, end: text.len() };
                (Some((text[start..].to_owned(), span)), arg + 1)
            }
            Place::Next => match argv.get(arg + 1) {
                Some(value) => (Some((value.clone(), whole(arg + 1, value))), arg + 2),
                None => return Err(NotUnderstood::MissingValue(text.clone())),
            },
        };
        match value {
            Some(value) => self.valued(row.means, text, arg, value)?,
            None => self.bare(row.means, text, arg)?,
        }
        Ok(next)
    }

    fn operand(&mut self, text: &str, span: Span) -> Result<(), NotUnderstood> {
        let path = text.to_owned();
        if text.is_empty() || (text.starts_with("/dev/") && text != "/dev/null") {
            return Err(NotUnderstood::UnknownOperand(path));
        }
        let operand = self.language.map_or_else(|| classify(text), Operand::Source);
        match operand {
            Operand::Source(language) => {
                let language =
                    if self.driver.cxx && self.language.is_none() { as_cxx(language) } else { language };
                let input = Input { path, span, role: InputRole::Source };
                self.sources.push(Source { input, language });
            }
            Operand::Header => return Err(NotUnderstood::PrecompiledHeader(path)),
            Operand::Foreign => return Err(NotUnderstood::UnknownLanguage(path)),
            Operand::Linked(role) => {
                self.linked.push(path.clone());
                self.items.push(Item::Operand(Input { path, span, role }));
            }
        }
        Ok(())
    }

    /// Reads an option without a value.
    fn bare(&mut self, means: Means, text: &str, arg: usize) -> Result<(), NotUnderstood> {
        match means {
            Means::Harmless | Means::Family | Means::OptInfo => {}
            Means::Stop(stop) => match &self.stop {
                Some((before, option)) if *before != stop => {
                    return Err(NotUnderstood::Conflict(option.clone(), text.to_owned()));
                }
                _ => self.stop = Some((stop, text.to_owned())),
            },
            Means::Query => self.query = Some(text.to_owned()),
            Means::Verbose => self.verbose = true,
            Means::DryRun => self.dry_run = true,
            Means::Static => self.static_only = true,
            Means::Lto => self.lto = true,
            Means::Linker => self.link_word(text.to_owned(), whole(arg, text), arg, Origin::Own),
            Means::Depfile { system_headers } => self.own_depfile(text, system_headers, None)?,
            Means::DepfileForm => self.depfile_form = Some(text.to_owned()),
            Means::PreprocessorDump => self.preprocessor_dump = Some(text.to_owned()),
            Means::Side(side) => self.sides.push((side, text.to_owned())),
            Means::PathRecorded => self.path_recorded = true,
            Means::Coverage => {
                self.path_recorded = true;
                self.sides.push((Side::Notes, text.to_owned()));
            }
            Means::UnknownFiles(why) => {
                return Err(NotUnderstood::UnknownFiles { option: text.to_owned(), why });
            }
            _ => return Err(NotUnderstood::UnknownOption(text.to_owned())),
        }
        Ok(())
    }

    /// Reads an option with its value. `arg` is the option's index.
    fn valued(&mut self, means: Means, text: &str, arg: usize, value: Spanned) -> Result<(), NotUnderstood> {
        let (path, span) = value;
        let unknown = || Err(NotUnderstood::UnknownOption(text.to_owned()));
        match means {
            Means::Harmless => {}
            Means::DepfileForm => self.depfile_form = Some(text.to_owned()),
            // A path after an equals sign would be a file that this crate doesn't know of.
            Means::Family => {
                if path.split_once('=').is_some_and(|(_, value)| value.contains('/')) {
                    return unknown();
                }
            }
            Means::OptInfo => {
                if path.contains('=') {
                    return unknown();
                }
            }
            Means::Query => self.query = Some(text.to_owned()),
            Means::Output => {
                if let Some((first, _)) = &self.output {
                    return Err(NotUnderstood::TwoOutputs(first.clone(), path));
                }
                self.output = Some((path, span));
            }
            Means::Language => match named_language(&path) {
                Some(language) => self.language = language,
                None => return Err(NotUnderstood::UnknownLanguage(format!("-x {path}"))),
            },
            Means::Target if !is_target(&path) => return unknown(),
            Means::Target => {}
            Means::IncludeDir(kind) => {
                if path == "-" {
                    return Err(NotUnderstood::UnknownOption("-I-".to_owned()));
                }
                self.include_dirs.push(search_dir(path, span, arg, kind, text)?);
            }
            Means::Prefix => self.prefixes.push(search_dir(path, span, arg, SearchKind::Library, text)?),
            Means::ForcedInclude => self.beside(path, span, InputRole::ForcedInclude)?,
            Means::Specs => self.beside(path, span, InputRole::Specs)?,
            Means::ReadsFile => self.beside(path, span, InputRole::Other)?,
            Means::Lto => self.lto = true,
            Means::Linker if span.arg == arg => {
                self.link_word(text.to_owned(), whole(arg, text), arg, Origin::Own);
            }
            Means::Linker => {
                self.link_word(text.to_owned(), whole(arg, text), arg, Origin::Own);
                self.link_word(path, span, arg, Origin::Own);
            }
            Means::ToLinker => {
                for (word, span) in pieces(&path, span) {
                    self.link_word(word.to_owned(), span, arg, Origin::Passed);
                }
            }
            Means::ToLinkerApart => self.link_word(path, span, arg, Origin::Passed),
            Means::ToAssembler => self.assembler.extend(path.split(',').map(str::to_owned)),
            Means::ToAssemblerApart => self.assembler.push(path),
            Means::ToPreprocessor => self.preprocessor_words(text, arg, &pieces(&path, span))?,
            Means::ToPreprocessorApart => self.preprocessor.push(path),
            Means::ToClang if CLANG.binary_search(&path.as_str()).is_err() => {
                return Err(NotUnderstood::UnknownOption(format!("{text} {path}")));
            }
            Means::ToClang => {}
            Means::DepfilePath => {
                if let Some((first, _)) = &self.depfile_path {
                    return Err(NotUnderstood::TwoOutputs(first.clone(), path));
                }
                self.depfile_path = Some((path, span));
            }
            Means::Side(side) => self.sides.push((side, text.to_owned())),
            Means::SideFile if is_plain_file(&path) => {
                self.side_files.push(Output { path, span: Some(span), role: OutputRole::Side });
            }
            Means::PathRecorded => self.path_recorded = true,
            Means::UnknownFiles(why) => {
                return Err(NotUnderstood::UnknownFiles { option: text.to_owned(), why });
            }
            _ => return unknown(),
        }
        Ok(())
    }

    fn beside(&mut self, path: String, span: Span, role: InputRole) -> Result<(), NotUnderstood> {
        if !is_plain_file(&path) {
            return Err(NotUnderstood::UnknownOperand(path));
        }
        self.read_beside.push(Input { path, span, role });
        Ok(())
    }

    fn link_word(&mut self, text: String, span: Span, first_arg: usize, origin: Origin) {
        self.items.push(Item::Word { text, span, first_arg, origin });
    }

    fn own_depfile(
        &mut self,
        option: &str,
        system_headers: bool,
        path: Option<Spanned>,
    ) -> Result<(), NotUnderstood> {
        let option = option.to_owned();
        if let Some(before) = &self.depfile {
            // It isn't documented which of the two wins.
            return Err(NotUnderstood::Conflict(before.option.clone(), option));
        }
        self.depfile = Some(OwnDepfile { option, system_headers, path });
        Ok(())
    }

    /// Reads `-Wp,a,b`, which commonly holds definitions and make rules.
    fn preprocessor_words(
        &mut self,
        text: &str,
        arg: usize,
        words: &[(&str, Span)],
    ) -> Result<(), NotUnderstood> {
        let mut words = words.iter();
        while let Some(&(word, span)) = words.next() {
            let depfile = match word {
                "-MD" => Some(true),
                "-MMD" => Some(false),
                _ => None,
            };
            if let Some(system_headers) = depfile {
                let Some(&(path, span)) = words.next() else {
                    return Err(NotUnderstood::MissingValue(text.to_owned()));
                };
                self.own_depfile(text, system_headers, Some((path.to_owned(), span)))?;
            } else if let Some(path) = word.strip_prefix("-I").filter(|path| !path.is_empty() && *path != "-")
            {
                let span = Span { start: span.start + 2, ..span };
                self.include_dirs.push(search_dir(path.to_owned(), span, arg, SearchKind::Include, text)?);
            } else {
                self.preprocessor.push(word.to_owned());
            }
        }
        Ok(())
    }

    /// Checks that the words for the assembler and the preprocessor touch no file.
    fn check_passed_on(&self) -> Result<(), NotUnderstood> {
        let mut words = self.assembler.iter();
        while let Some(word) = words.next() {
            match lookup(ASSEMBLER, word) {
                Some((_, Place::Next)) if words.next().is_none() => {
                    return Err(NotUnderstood::MissingValue(format!("-Wa,{word}")));
                }
                Some(_) => {}
                None => return Err(NotUnderstood::UnknownOption(format!("-Wa,{word}"))),
            }
        }
        let harmless = |word: &str| {
            ["-D", "-U"].iter().any(|option| word.strip_prefix(option).is_some_and(|name| !name.is_empty()))
                || word == "-fopenmp"
        };
        match self.preprocessor.iter().find(|word| !harmless(word)) {
            Some(word) => Err(NotUnderstood::UnknownOption(format!("-Wp,{word}"))),
            None => Ok(()),
        }
    }
}

/// Returns the language in which a C++ driver compiles a source that a C driver would compile in `language` (GCC
/// manual, "Invoking G++").
fn as_cxx(language: Language) -> Language {
    match language {
        Language::C => Language::Cxx,
        Language::PreprocessedC => Language::PreprocessedCxx,
        other => other,
    }
}

fn whole(arg: usize, text: &str) -> Span {
    Span { arg, start: 0, end: text.len() }
}

/// Splits the value of `-Wl,a,b` into its pieces and their spans. `text` and `span` are those of `a,b`.
fn pieces(text: &str, span: Span) -> Vec<(&str, Span)> {
    let mut start = span.start;
    text.split(',')
        .map(|piece| {
            let end = start + piece.len();
            let span = Span { arg: span.arg, start, end };
            start = end + 1;
            (piece, span)
        })
        .collect()
}

fn search_dir(
    path: String,
    span: Span,
    first_arg: usize,
    kind: SearchKind,
    option: &str,
) -> Result<SearchDir, NotUnderstood> {
    // GCC manual, "Directory Options": `=` and `$SYSROOT` stand for the sysroot.
    if path.starts_with('=') || path.starts_with("$SYSROOT") {
        return Err(NotUnderstood::SysrootPath(option.to_owned()));
    }
    Ok(SearchDir { path, span: Some(span), first_arg: Some(first_arg), kind })
}
