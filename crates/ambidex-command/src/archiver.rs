//! How `ar` and `ranlib` use their arguments (binutils manual, "ar" and "ranlib").

use crate::side::is_plain_file;
use crate::tool::Start;
use crate::{
    Command, Depfile, InPlaceReason, Input, InputRole, Kind, NotUnderstood, Output, OutputRole, Placement,
    Span,
};

/// The effect of an `ar` operation on its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// `r`, `q`: adds members.
    Add,
    /// `p`, `t`: only reads.
    Show,
    /// `s` without another operation: writes the symbol index.
    Index,
}

/// Reads the command line of `ar`.
pub(crate) fn read_ar(
    argv: Vec<String>,
    expanded: bool,
    start: &Start<'_>,
) -> Result<Command, NotUnderstood> {
    let mut letters = String::new();
    let mut files = Vec::new();
    let mut query = false;
    let mut args = start.index + 1..argv.len();
    while let Some(arg) = args.next() {
        let text = argv[arg].as_str();
        match text {
            "--version" | "--help" | "-V" | "-h" | "-H" => query = true,
            "--plugin" | "--target" => {
                if args.next().is_none() {
                    return Err(NotUnderstood::MissingValue(text.to_owned()));
                }
            }
            // Ignored, "for compatibility with AIX".
            "-X32_64" => {}
            _ if text.starts_with("--plugin=") || text.starts_with("--target=") => {}
            _ if text.starts_with("--") => return Err(NotUnderstood::UnknownOption(text.to_owned())),
            _ if letters.is_empty() => match text.strip_prefix('-').unwrap_or(text) {
                "" => return Err(NotUnderstood::StandardInput(text.to_owned())),
                word => letters.push_str(word),
            },
            // Options may follow the operation, but whether a dash begins an option here depends on the version.
            _ if text.starts_with('-') || text.is_empty() => {
                return Err(NotUnderstood::UnknownOption(text.to_owned()));
            }
            _ => files.push(arg),
        }
    }
    if query {
        return match files.first() {
            Some(&arg) => Err(NotUnderstood::UnknownOperand(argv[arg].clone())),
            None => Ok(command(argv, expanded, start, Kind::Query, None)),
        };
    }
    let operation = operation(&letters)?;
    let Some((&archive, members)) = files.split_first() else {
        return Err(NotUnderstood::NoInput);
    };
    match operation {
        Operation::Index if members.is_empty() => Ok(index(argv, expanded, start, archive)),
        Operation::Index => Err(NotUnderstood::UnknownOperand(argv[members[0]].clone())),
        Operation::Show => {
            // The arguments after the archive name members in it, not files.
            let mut shown = command(argv, expanded, start, Kind::Archive, None);
            shown.inputs.push(input(&shown.argv, archive, InputRole::Archive));
            Ok(shown)
        }
        Operation::Add => {
            let mut added = command(argv, expanded, start, Kind::Archive, Some(archive));
            for &member in members {
                added.inputs.push(input(&added.argv, member, InputRole::Object));
            }
            if added.placement == Placement::Renamable {
                if letters.contains(['P', 'T', 'u']) {
                    added.placement = Placement::InPlace(InPlaceReason::InputsRecorded);
                } else if letters.contains('v') || !letters.contains('c') {
                    // Without `c`, `ar` prints which archive it creates.
                    added.placement = Placement::InPlace(InPlaceReason::PathsPrinted);
                }
            }
            Ok(added)
        }
    }
}

/// Reads the command line of `ranlib`.
pub(crate) fn read_ranlib(
    argv: Vec<String>,
    expanded: bool,
    start: &Start<'_>,
) -> Result<Command, NotUnderstood> {
    let mut archives = Vec::new();
    let mut query = false;
    let mut args = start.index + 1..argv.len();
    while let Some(arg) = args.next() {
        let text = argv[arg].as_str();
        match text {
            "--version" | "--help" | "-V" | "-v" | "-h" | "-H" => query = true,
            "-D" | "-U" => {}
            "--plugin" => {
                if args.next().is_none() {
                    return Err(NotUnderstood::MissingValue(text.to_owned()));
                }
            }
            _ if text.starts_with("--plugin=") => {}
            _ if text.starts_with('-') || text.is_empty() => {
                return Err(NotUnderstood::UnknownOption(text.to_owned()));
            }
            _ => archives.push(arg),
        }
    }
    match (archives.as_slice(), query) {
        ([], true) => Ok(command(argv, expanded, start, Kind::Query, None)),
        ([], false) => Err(NotUnderstood::NoInput),
        (&[archive], false) => Ok(index(argv, expanded, start, archive)),
        (&[first, ..], true) => Err(NotUnderstood::UnknownOperand(argv[first].clone())),
        (&[first, second, ..], false) => {
            Err(NotUnderstood::TwoOutputs(argv[first].clone(), argv[second].clone()))
        }
    }
}

/// Returns the operation that the letters of `ar` stand for. Positions (`a`, `b`, `i`), counts (`N`), dependencies
/// (`l`) and the operations that extract or move members are not known.
fn operation(letters: &str) -> Result<Operation, NotUnderstood> {
    let unknown = || NotUnderstood::ArchiveOperation(letters.to_owned());
    let mut operation = None;
    for letter in letters.chars() {
        let named = match letter {
            'r' | 'q' => Operation::Add,
            'p' | 't' => Operation::Show,
            'c' | 's' | 'S' | 'u' | 'D' | 'U' | 'v' | 'P' | 'T' => continue,
            _ => return Err(unknown()),
        };
        if operation.replace(named).is_some() {
            return Err(unknown());
        }
    }
    match operation {
        // `ar ts` writes the index too.
        Some(Operation::Show) if letters.contains('s') => Err(unknown()),
        Some(operation) => Ok(operation),
        None if letters.contains('s') => Ok(Operation::Index),
        None => Err(unknown()),
    }
}

fn index(argv: Vec<String>, expanded: bool, start: &Start<'_>, archive: usize) -> Command {
    command(argv, expanded, start, Kind::Index, Some(archive))
}

fn input(argv: &[String], arg: usize, role: InputRole) -> Input {
    Input { path: argv[arg].clone(), span: whole(argv, arg), role }
}

fn whole(argv: &[String], arg: usize) -> Span {
    Span { arg, start: 0, end: argv[arg].len() }
}

/// Makes a command that changes the archive named by argument `changed`, or no archive.
fn command(
    argv: Vec<String>,
    expanded: bool,
    start: &Start<'_>,
    kind: Kind,
    changed: Option<usize>,
) -> Command {
    let changed = changed.filter(|&arg| is_plain_file(&argv[arg]));
    let inputs = changed.map(|arg| input(&argv, arg, InputRole::Previous));
    let outputs = changed.map(|arg| Output {
        path: argv[arg].clone(),
        span: Some(whole(&argv, arg)),
        role: OutputRole::Primary,
    });
    Command {
        expanded,
        tool: start.index,
        kind,
        language: None,
        inputs: inputs.into_iter().collect(),
        outputs: outputs.into_iter().collect(),
        include_dirs: Vec::new(),
        library_dirs: Vec::new(),
        libraries: Vec::new(),
        placement: match changed {
            Some(_) => Placement::Renamable,
            None => Placement::InPlace(InPlaceReason::NoOutput),
        },
        depfile: Depfile::None,
        argv,
    }
}
