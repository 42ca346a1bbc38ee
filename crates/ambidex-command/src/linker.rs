//! How a linker uses its arguments, whether it is called directly or through a driver.

use crate::linker_args::{LONG, Means, SHORT};
use crate::operand::linked_role;
use crate::side::is_plain_file;
use crate::table::{Place, lookup, lookup_long};
use crate::tool::Start;
use crate::{
    Command, Depfile, InPlaceReason, Input, InputRole, Kind, Library, NotUnderstood, Output, OutputRole,
    Placement, SearchDir, SearchKind, Span,
};

/// The name of a linker's output if the command line names none.
pub(crate) const IMPLIED_OUTPUT: &str = "a.out";

/// Environment variables that make a linker write other files.
const HAZARDS: &[&str] = &["LLD_REPRODUCE", "MOLD_REPRO"];

/// The way in which a word reaches the linker. An option's value reaches it the same way as the option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The linker was called directly, or the driver and the linker spell this option the same way.
    Own,
    /// Through `-Wl,` or `-Xlinker`.
    Passed,
}

/// One word that the linker gets.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// An option, a value or a file name that has not been read yet.
    Word {
        /// The text.
        text: String,
        /// Where the word is written.
        span: Span,
        /// The first argument that belongs to it.
        first_arg: usize,
        /// How it reaches the linker.
        origin: Origin,
    },
    /// A file that the driver has already recognised.
    Operand(Input),
}

/// The result of reading a linker's words.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub inputs: Vec<Input>,
    pub output: Option<(String, Span)>,
    pub sides: Vec<Output>,
    pub library_dirs: Vec<SearchDir>,
    pub libraries: Vec<Library>,
    pub prints_paths: bool,
    pub query: Option<String>,
    pub verbose: bool,
}

impl Link {
    fn read(&mut self, path: String, span: Span, role: InputRole) {
        self.inputs.push(Input { path, span, role });
    }

    /// Returns whether there is nothing to link.
    pub fn is_empty(&self) -> bool {
        self.libraries.is_empty()
            && !self.inputs.iter().any(|input| {
                matches!(
                    input.role,
                    InputRole::Object | InputRole::Archive | InputRole::SharedLibrary | InputRole::Other
                )
            })
    }
}

/// Reads a linker's words. `static_only`: whether the linker looks only for static archives at the beginning.
pub(crate) fn parse(items: Vec<Item>, mut static_only: bool) -> Result<Link, NotUnderstood> {
    let mut link = Link::default();
    let mut pushed = Vec::new();
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        let (text, span, first_arg, origin) = match item {
            Item::Operand(input) => {
                link.inputs.push(input);
                continue;
            }
            Item::Word { text, span, first_arg, origin } => (text, span, first_arg, origin),
        };
        if !text.starts_with('-') {
            // A linker would expand a response file here. It reads nothing if the name is empty.
            if text.is_empty() || text.starts_with('@') {
                return Err(NotUnderstood::UnknownOperand(text));
            }
            let role = linked_role(&text);
            link.inputs.push(Input { path: text, span, role });
            continue;
        }
        let (means, place) = find(&text)?;
        let value = match place {
            Place::Nowhere => None,
            Place::Here(start) => {
                let span = Span { start: span.start + start, ..span };
                Some((text[start..].to_owned(), span))
            }
            Place::Next => match items.next() {
                Some(Item::Word { text, span, origin: next, .. }) if next == origin => Some((text, span)),
                _ => return Err(NotUnderstood::MissingValue(text)),
            },
        };
        match (means, value) {
            (Means::LibraryDir, Some((path, span))) => {
                if path.starts_with('=') || path.starts_with("$SYSROOT") {
                    return Err(NotUnderstood::SysrootPath(text));
                }
                link.library_dirs.push(SearchDir {
                    path,
                    span: Some(span),
                    first_arg: Some(first_arg),
                    kind: SearchKind::Library,
                });
            }
            (Means::Library, Some((name, span))) => link.libraries.push(Library { name, span, static_only }),
            (Means::StaticOnly(only), _) => static_only = only,
            (Means::PushState, _) => pushed.push(static_only),
            (Means::PopState, _) => static_only = pushed.pop().unwrap_or(static_only),
            (Means::ReadsFile, Some((path, span))) => link.read(path, span, InputRole::LinkerScript),
            (Means::SymbolsOrRunPath, Some((path, span))) => {
                link.read(path, span, InputRole::SymbolsOrRunPath);
            }
            // GNU ld replaces `%` by the output's name.
            (Means::SideFile, Some((path, _))) if path.contains('%') || path.ends_with('/') => {
                return Err(NotUnderstood::UnknownOption(text));
            }
            (Means::SideFile, Some((path, span))) if is_plain_file(&path) => {
                link.sides.push(Output { path, span: Some(span), role: OutputRole::Side });
            }
            (Means::SideFile | Means::PrintsPaths, _) => link.prints_paths = true,
            (Means::Output, Some((path, span))) => {
                if let Some((first, _)) = link.output {
                    return Err(NotUnderstood::TwoOutputs(first, path));
                }
                link.output = Some((path, span));
            }
            (Means::Query, _) => link.query = Some(text),
            (Means::Verbose, _) => link.verbose = true,
            (Means::Harmless, _) => {}
            (
                Means::LibraryDir
                | Means::Library
                | Means::ReadsFile
                | Means::SymbolsOrRunPath
                | Means::Output,
                None,
            ) => {
                return Err(NotUnderstood::MissingValue(text));
            }
        }
    }
    Ok(link)
}

/// Finds an option, among the long ones first, as `getopt_long_only` does.
fn find(text: &str) -> Result<(Means, Place), NotUnderstood> {
    let name = text.strip_prefix("--").or_else(|| {
        // With one dash, an option that begins with `o` is `-o` ("Using ld", "Command-line Options").
        text.strip_prefix('-').filter(|name| !name.starts_with('o'))
    });
    if let Some(name) = name
        && let Some((row, place)) = lookup_long(LONG, name)
    {
        let place = match place {
            Place::Here(start) => Place::Here(start + text.len() - name.len()),
            other => other,
        };
        return Ok((row.means, place));
    }
    match lookup(SHORT, text) {
        Some((row, place)) => Ok((row.means, place)),
        None => Err(NotUnderstood::UnknownOption(text.to_owned())),
    }
}

/// Reads the command line of a linker that is called directly.
pub(crate) fn read(argv: Vec<String>, expanded: bool, start: &Start<'_>) -> Result<Command, NotUnderstood> {
    check_environment(start)?;
    let tool = start.index;
    let words = argv.iter().enumerate().skip(tool + 1).map(|(arg, text)| Item::Word {
        text: text.clone(),
        span: Span { arg, start: 0, end: text.len() },
        first_arg: arg,
        origin: Origin::Own,
    });
    let link = parse(words.collect(), false)?;
    let (kind, outputs, placement) = match &link.query {
        Some(query) if !link.is_empty() => {
            return Err(NotUnderstood::Conflict(query.clone(), link.inputs[0].path.clone()));
        }
        Some(_) => (Kind::Query, Vec::new(), Placement::InPlace(InPlaceReason::NoOutput)),
        None if link.is_empty() && link.verbose => {
            (Kind::Query, Vec::new(), Placement::InPlace(InPlaceReason::NoOutput))
        }
        None if link.is_empty() => return Err(NotUnderstood::NoInput),
        None => {
            let (outputs, placement) = outputs(link.output, link.sides, link.prints_paths);
            (Kind::Link, outputs, placement)
        }
    };
    Ok(Command {
        argv,
        expanded,
        tool,
        kind,
        language: None,
        inputs: link.inputs,
        outputs,
        include_dirs: Vec::new(),
        library_dirs: link.library_dirs,
        libraries: link.libraries,
        placement,
        depfile: Depfile::None,
    })
}

/// Rejects an environment that makes a linker write other files.
pub(crate) fn check_environment(start: &Start<'_>) -> Result<(), NotUnderstood> {
    match HAZARDS.iter().find(|name| start.env.get(name).is_some()) {
        Some(name) => Err(NotUnderstood::Environment((*name).to_owned())),
        None => Ok(()),
    }
}

/// Returns the outputs of a link and their placement.
pub(crate) fn outputs(
    named: Option<(String, Span)>,
    sides: Vec<Output>,
    prints_paths: bool,
) -> (Vec<Output>, Placement) {
    let (path, span) = match named {
        Some((path, span)) => (path, Some(span)),
        None => (IMPLIED_OUTPUT.to_owned(), None),
    };
    let plain = is_plain_file(&path);
    let placement = if !plain {
        Placement::InPlace(InPlaceReason::NotAPlainFile)
    } else if !sides.is_empty() {
        Placement::InPlace(InPlaceReason::SideFiles)
    } else if prints_paths {
        Placement::InPlace(InPlaceReason::PathsPrinted)
    } else {
        Placement::Renamable
    };
    let primary = plain.then_some(Output { path, span, role: OutputRole::Primary });
    (primary.into_iter().chain(sides).collect(), placement)
}
