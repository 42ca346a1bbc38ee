//! The edits that a project can get, and how they are chosen and made.

mod make;

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use fastrand::Rng;

use super::stand_in::Entry;
use super::trees::{Trees, files_below};

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    SourceFunction,
    SourceComment,
    Directive,
    Declaration,
    DeclarationComment,
    Part,
    Header,
    HeaderComment,
    CompilerFlags,
    Macro,
    ExtensionArgument,
    UnrelatedHeader,
    ShadowingHeader,
    NewSource,
    Removal,
    Touch,
    Restore,
    RestoreWithTime,
    LostModule,
    DamagedModule,
    LostObject,
    DamagedObject,
    OtherEnvironment,
    OtherPython,
    OtherCopy,
}

impl Kind {
    /// Returns whether a Cython source that has got such an edit must be translated.
    pub(crate) fn is_of_source(self) -> bool {
        matches!(self, Self::SourceFunction | Self::SourceComment | Self::Directive)
    }

    /// Returns whether the next build is in another environment, with another Python, or in another copy. The number of
    /// commands that it must run depends on everything that was built there.
    pub(crate) fn is_of_place(self) -> bool {
        matches!(self, Self::OtherEnvironment | Self::OtherPython | Self::OtherCopy)
    }
}

/// All kinds. Those that cause much work are rare, and those that are common in practice occur several times.
const CHOICES: [Kind; 43] = [
    Kind::SourceFunction,
    Kind::SourceFunction,
    Kind::SourceFunction,
    Kind::SourceFunction,
    Kind::SourceComment,
    Kind::SourceComment,
    Kind::Directive,
    Kind::Directive,
    Kind::Declaration,
    Kind::DeclarationComment,
    Kind::Part,
    Kind::Part,
    Kind::Header,
    Kind::Header,
    Kind::HeaderComment,
    Kind::CompilerFlags,
    Kind::Macro,
    Kind::Macro,
    Kind::ExtensionArgument,
    Kind::UnrelatedHeader,
    Kind::ShadowingHeader,
    Kind::ShadowingHeader,
    Kind::NewSource,
    Kind::Removal,
    Kind::Removal,
    Kind::Removal,
    Kind::Removal,
    Kind::Touch,
    Kind::Touch,
    Kind::Restore,
    Kind::Restore,
    Kind::RestoreWithTime,
    Kind::RestoreWithTime,
    Kind::LostModule,
    Kind::DamagedModule,
    Kind::LostObject,
    Kind::DamagedObject,
    Kind::OtherEnvironment,
    Kind::OtherEnvironment,
    Kind::OtherPython,
    Kind::OtherPython,
    Kind::OtherCopy,
    Kind::OtherCopy,
];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SourceFunction => "function appended to a source",
            Self::SourceComment => "comment appended to a source",
            Self::Directive => "directive of a Cython source",
            Self::Declaration => "declaration appended to a .pxd",
            Self::DeclarationComment => "comment appended to a .pxd",
            Self::Part => "function in a .pxi",
            Self::Header => "function appended to a header",
            Self::HeaderComment => "comment appended to a header",
            Self::CompilerFlags => "other CFLAGS",
            Self::Macro => "macro of an extension",
            Self::ExtensionArgument => "argument of an extension",
            Self::UnrelatedHeader => "new header that nothing includes",
            Self::ShadowingHeader => "new header that shadows another",
            Self::NewSource => "new source of an extension",
            Self::Removal => "removal of what was added",
            Self::Touch => "touch",
            Self::Restore => "earlier content, new time",
            Self::RestoreWithTime => "earlier content, its time",
            Self::LostModule => "removed module",
            Self::DamagedModule => "damaged module",
            Self::LostObject => "removed object",
            Self::DamagedObject => "damaged object",
            Self::OtherEnvironment => "another environment",
            Self::OtherPython => "another Python",
            Self::OtherCopy => "another copy of the tree",
        })
    }
}

/// A directory that comes first on every extension's include path. It exists from the start: when such a directory
/// appears, each compilation must run again, because GCC has asked whether it exists, and the preprocessor's output
/// doesn't show that.
const FIRST: &str = "edits/first";
/// Values of CFLAGS and CXXFLAGS. The first build has the first one.
const FLAGS: [&str; 4] = ["-O0 -g", "-O0 -g -DEDIT_OF_ALL=1", "-O0 -g0", "-O1 -g"];
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Code that is added to setup.py, so that edits can change extensions whatever setup.py looks like.
const HOOK: &str = "\
EDITS = []
import setuptools as _setuptools
_init = _setuptools.Extension.__init__
def _edited(self, name, sources, *args, **kwargs):
    _init(self, name, sources, *args, **kwargs)
    for extension, attribute, value in EDITS:
        values = getattr(self, attribute)
        value = tuple(value) if isinstance(value, list) else value
        if extension in ('*', self.name) and value not in values:
            values.insert(0 if attribute == 'include_dirs' else len(values), value)
_setuptools.Extension.__init__ = _edited
";

/// Something that one edit has added and another may remove.
#[derive(Clone, Debug)]
enum Added {
    File(String),
    Setting(String),
    /// A source, and the setting that adds it to an extension.
    Source(String, String),
}

/// The edits of a project so far.
pub(crate) struct Changes {
    rng: Rng,
    number: u32,
    settings: Vec<String>,
    added: Vec<Added>,
    flags: &'static str,
    /// The index of the Python that builds now. The first two are environments of one Python.
    python: usize,
    pythons: usize,
    /// The possible targets of edits, according to the last reference build.
    compiled: Vec<String>,
    headers: Vec<String>,
    included_by_name: Vec<String>,
    extensions: Vec<String>,
    before: Option<(Vec<String>, Vec<Added>, &'static str, usize)>,
}

impl Changes {
    /// Prepares setup.py. `pythons` is the number of Pythons that build it in turn.
    pub(crate) fn begin(trees: &mut Trees, seed: u64, pythons: usize) -> Result<Self> {
        let text = trees.read("setup.py")?;
        let is_import = |line: &&str| {
            (line.starts_with("import ") || line.starts_with("from ")) && !line.contains("__future__")
        };
        let first = text.lines().find(is_import).context("setup.py imports nothing")?;
        let text = text.replacen(&format!("\n{first}"), &format!("\n{HOOK}{first}"), 1);
        trees.write("setup.py", text.as_bytes(), SystemTime::now())?;
        let mut changes = Self {
            rng: Rng::with_seed(seed),
            number: 0,
            settings: Vec::new(),
            added: Vec::new(),
            flags: FLAGS[0],
            python: 0,
            pythons,
            compiled: Vec::new(),
            headers: Vec::new(),
            included_by_name: Vec::new(),
            extensions: Vec::new(),
            before: None,
        };
        trees.write(&format!("{FIRST}/unused.h"), b"", SystemTime::now())?;
        changes.set(trees, "*", "include_dirs", &format!("{FIRST:?}"))?;
        Ok(changes)
    }

    /// Returns the current value of CFLAGS and CXXFLAGS.
    pub(crate) fn flags(&self) -> &'static str {
        self.flags
    }

    /// Returns the index of the Python that builds now.
    pub(crate) fn python(&self) -> usize {
        self.python
    }

    /// Finds what can be edited, from the entries of a reference build.
    pub(crate) fn learn(&mut self, trees: &Trees, entries: &[Entry]) {
        let (mut compiled, mut headers) = (BTreeSet::new(), BTreeSet::new());
        let (mut names, mut extensions) = (BTreeSet::new(), BTreeSet::new());
        for entry in entries.iter().filter(|entry| entry.is_compilation) {
            for (file, _) in &entry.read {
                let is_argument = entry.argv.contains(file);
                match trees.source(file) {
                    Some(name) if is_argument => drop(compiled.insert(name)),
                    Some(name) if name.ends_with(".h") || name.ends_with(".hh") => drop(headers.insert(name)),
                    Some(_) => {}
                    // Generated from something that can be edited.
                    None if is_argument => {
                        let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
                        compiled.extend(trees.source(&format!("{stem}.pyx")));
                    }
                    None => {}
                }
                names.extend(name_to_include(trees, file));
            }
        }
        for entry in entries.iter().filter(|entry| !entry.is_compilation) {
            let output = entry.argv.iter().position(|a| a == "-o").and_then(|at| entry.argv.get(at + 1));
            let name = output.and_then(|output| output.strip_prefix("build/lib")?.split_once('/'));
            if let Some((_, name)) = name {
                extensions.insert(name.split('.').next().unwrap_or_default().replace('/', "."));
            }
        }
        let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
        (self.compiled, self.headers) = (list(compiled), list(headers));
        (self.included_by_name, self.extensions) = (list(names), list(extensions));
    }

    /// Makes an edit. Returns its kind, and what it changed.
    pub(crate) fn make(&mut self, trees: &mut Trees) -> Result<(Kind, String)> {
        loop {
            let kind = CHOICES[self.rng.usize(..CHOICES.len())];
            trees.begin();
            self.before = Some((self.settings.clone(), self.added.clone(), self.flags, self.python));
            self.number += 1;
            if let Some(what) = self.try_to_make(kind, trees)? {
                return Ok((kind, what));
            }
        }
    }

    /// Takes back an edit that does not build.
    pub(crate) fn undo(&mut self, trees: &mut Trees) -> Result<()> {
        if let Some(before) = self.before.take() {
            (self.settings, self.added, self.flags, self.python) = before;
        }
        trees.undo()
    }

    /// Tries to make an edit. Returns `None` if there is nothing that it could change.
    fn try_to_make(&mut self, kind: Kind, trees: &mut Trees) -> Result<Option<String>> {
        match kind {
            Kind::SourceFunction => self.add_function(trees),
            Kind::SourceComment => self.add_comment(trees),
            Kind::Directive => self.add_directive(trees),
            Kind::Declaration | Kind::DeclarationComment => self.declare(kind, trees),
            Kind::Part => self.edit_part(trees),
            Kind::Header | Kind::HeaderComment => self.edit_header(kind, trees),
            Kind::CompilerFlags => {
                self.flags = FLAGS[self.rng.usize(..FLAGS.len())];
                Ok(Some(self.flags.to_owned()))
            }
            Kind::Macro => self.define_macro(trees),
            Kind::ExtensionArgument => self.add_argument(trees),
            Kind::UnrelatedHeader => self.add_unrelated_header(trees),
            Kind::ShadowingHeader => self.shadow_header(trees),
            Kind::NewSource => self.add_source(trees),
            Kind::Removal => self.remove(trees),
            Kind::Touch => self.touch(trees),
            Kind::Restore | Kind::RestoreWithTime => self.restore(trees, kind == Kind::RestoreWithTime),
            Kind::LostModule | Kind::DamagedModule => {
                let modules = files_below(&trees.here().join("build"), &["so"])?;
                self.harm(trees, &modules, kind == Kind::LostModule)
            }
            Kind::LostObject | Kind::DamagedObject => {
                let objects = files_below(&trees.here().join("build"), &["o"])?;
                self.harm(trees, &objects, kind == Kind::LostObject)
            }
            Kind::OtherEnvironment => {
                self.python = usize::from(self.python == 0);
                Ok(Some(format!("Python {}", self.python)))
            }
            Kind::OtherPython if self.pythons < 3 => Ok(None),
            Kind::OtherPython => {
                self.python = if self.python < 2 { 2 } else { self.rng.usize(..2) };
                Ok(Some(format!("Python {}", self.python)))
            }
            Kind::OtherCopy => {
                trees.switch()?;
                Ok(Some(trees.here().display().to_string()))
            }
        }
    }
}

/// Returns what a source writes after `#include` to include a header, if that is the header's name alone. Leaves out
/// the compiler's own headers, which are too many and matter little.
fn name_to_include(trees: &Trees, file: &str) -> Option<String> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let is_root = folder.ends_with("/include") || folder.contains("/include/python3.");
    let fits = trees.source(file).is_some() || (is_root && !folder.contains("/gcc/"));
    (fits && (name.ends_with(".h") || name.ends_with(".hh"))).then(|| name.to_owned())
}

fn append(trees: &mut Trees, name: &str, text: &str) -> Result<()> {
    let text = trees.read(name)? + text;
    trees.write(name, text.as_bytes(), SystemTime::now())
}

/// Returns a function for a header. It stays in each object, however often the header is included.
pub(super) fn used_once(number: u32) -> String {
    format!(
        "#ifndef EDIT_{number}\n#define EDIT_{number}\nstatic int edit_{number}(void) __attribute__((used));\n\
         static int edit_{number}(void) {{ return {number}; }}\n#endif\n"
    )
}
