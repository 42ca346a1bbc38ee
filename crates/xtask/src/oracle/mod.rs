//! An automatic search for wrong results: it changes whatever a command has touched, one thing at a time; if the
//! command would then make something else, ambidex must make that too.

mod cases;
mod judge;
mod mutation;
mod sandbox;
mod trace;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::environment::{ambidex, root, run};
use cases::{CASES, Case};
use judge::{Outcome, Subject};
use mutation::{Mutation, Program, Variants};
use trace::Was;

/// The options of `cargo xtask oracle`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of changes to try
    #[arg(long, default_value_t = 10_000)]
    mutations: u64,
    /// Time limit in seconds
    #[arg(long, default_value_t = 7200)]
    seconds: u64,
    /// Seed for choosing the changes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only cases whose names contain one of these strings, separated by commas
    #[arg(long, value_delimiter = ',')]
    cases: Vec<String>,
    /// Write docs/oracle.md
    #[arg(long)]
    write: bool,
}

/// A case in progress.
struct Prepared<'a> {
    subject: Subject<'a>,
    /// Its outcome before any change.
    outcome: Outcome,
    paths: Vec<(PathBuf, Was)>,
    read: Vec<PathBuf>,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    mutations: u64,
    /// The number of mutations that changed the outcome.
    telling: u64,
    /// The number of other mutations after which ambidex ran the command again.
    needless: u64,
    /// The number of paths that the command names and ambidex has not seen.
    unseen: u64,
    wrong: Vec<String>,
}

impl Tally {
    fn fail(&mut self, text: String) {
        eprintln!("WRONG {text}");
        self.wrong.push(text);
    }
}

/// Changes what commands depend on, and judges what ambidex makes of it. Fails if any result was wrong.
pub(crate) fn judge(options: &Options) -> Result<()> {
    let ambidex = ambidex()?;
    let folder = root().join("target").join("xtask").join("oracle");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let has_layers = match sandbox::enter(&folder.join("layers")) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("the system's own files are left alone: {error:#}");
            false
        }
    };
    let oracle = Oracle {
        options,
        programs: mutation::programs(),
        needed: needed(&ambidex)?,
        has_layers,
        ambidex,
        folder,
    };
    oracle.make_variants()?;
    let wanted = |case: &&Case| {
        options.cases.is_empty() || options.cases.iter().any(|name| case.name.contains(name.as_str()))
    };
    let mut prepared = Vec::new();
    let mut skipped = Vec::new();
    for (number, case) in CASES.iter().filter(wanted).enumerate() {
        match oracle.prepare(number, case) {
            Ok(case) => prepared.push(case),
            Err(error) => {
                eprintln!("{}: skipped: {error:#}", case.name);
                skipped.push((case.name, format!("{error:#}")));
            }
        }
    }
    if prepared.is_empty() {
        bail!("no case can be run");
    }
    oracle.go(&mut prepared)?;
    let table = table(&prepared, &skipped, has_layers);
    println!("{table}");
    if options.write {
        fs::write(root().join("docs").join("oracle.md"), table)?;
    }
    let wrong: usize = prepared.iter().map(|case| case.tally.wrong.len()).sum();
    if wrong > 0 {
        bail!("{wrong} wrong results");
    }
    Ok(())
}

/// Returns the files that ambidex, a shell and `env` need to start.
fn needed(ambidex: &Path) -> Result<Vec<PathBuf>> {
    let mut needed = vec![PathBuf::from("/etc/ld.so.preload")];
    for program in [ambidex, Path::new("/bin/sh"), Path::new("/usr/bin/env")] {
        let text = Command::new("ldd").arg(program).output().context("ldd can't be started")?.stdout;
        let text = String::from_utf8_lossy(&text);
        let files = text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from);
        needed.extend(files.chain([program.to_owned()]));
    }
    let real: Vec<PathBuf> = needed.iter().filter_map(|file| file.canonicalize().ok()).collect();
    needed.extend(real);
    Ok(needed)
}

/// Returns the paths that a command named according to strace, and that ambidex didn't see.
///
/// Leaves out what doesn't count by its path: the kernel's own files, and whatever the command line names, which
/// ambidex finds itself. Objects and archives count by their content wherever they are, programs by where `PATH` leads.
fn unseen(subject: &Subject<'_>, seen: &trace::Seen) -> Result<Vec<PathBuf>> {
    let Some(observed) = subject.observed()? else { return Ok(Vec::new()) };
    // strace and ambidex may spell a path differently.
    let place = |path: &Path| {
        let (folder, name) = (path.parent()?.canonicalize().ok()?, path.file_name()?);
        Some(folder.join(name))
    };
    let observed: BTreeSet<PathBuf> =
        observed.iter().flat_map(|path| [Some(path.clone()), place(path)]).flatten().collect();
    let argv = subject.argv();
    let is_named = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name == "env" || argv.iter().any(|word| subject.tree.join(word) == path || name == word.as_str())
    };
    let is_seen =
        |path: &Path| observed.contains(path) || place(path).is_some_and(|place| observed.contains(&place));
    let paths =
        seen.paths.keys().filter(|path| !subject.is_beside(path) && !is_named(path) && !is_seen(path));
    Ok(paths.cloned().collect())
}

struct Oracle<'a> {
    options: &'a Options,
    folder: PathBuf,
    ambidex: PathBuf,
    programs: Vec<Program>,
    needed: Vec<PathBuf>,
    has_layers: bool,
}

impl Oracle<'_> {
    fn variants(&self) -> PathBuf {
        self.folder.join("variants")
    }

    /// Makes the objects, libraries and the precompiled header that replace others.
    fn make_variants(&self) -> Result<()> {
        let folder = self.variants();
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("v.c"), "int g(void) { return 99; }\nint oracle = 9;\n")?;
        fs::write(folder.join("v.h"), "#define ORACLE 5\n#define A 11\n#define B 12\n#define C 13\n")?;
        let script =
            "gcc -fPIC -c v.c -o v.o; gcc -shared v.o -o v.so; ar rc v.a v.o; gcc -x c-header v.h -o v.gch";
        run(Command::new("sh").args(["-ec", script]).current_dir(folder))
    }

    fn prepare<'c>(&'c self, number: usize, case: &'c Case) -> Result<Prepared<'c>> {
        let folder = self.folder.join(number.to_string());
        let subject = Subject {
            case,
            tree: folder.join("tree"),
            ambidex: &self.ambidex,
            store: folder.join("store"),
            temporary: folder.join("tmp"),
        };
        subject.write()?;
        let outcome = subject.really()?;
        if !matches!(outcome, Outcome::Made(Some(_))) {
            bail!("the command makes nothing here");
        }
        if outcome != subject.really()? {
            bail!("the command makes something else each time");
        }
        let mut seen = trace::Seen::default();
        subject.plain(|command| {
            seen = trace::trace(&command, &folder.join("trace"))?;
            Ok(false)
        })?;
        let (first, _) = subject.by_ambidex()?;
        let unseen = unseen(&subject, &seen)?;
        let may_change = |path: &Path, was: Was| {
            let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            let is_layered = sandbox::LAYERED.iter().any(|layer| real.starts_with(layer));
            let in_tree = path.starts_with(&subject.tree);
            let ours = path == subject.tree
                || path.starts_with(subject.tree.join("ccache"))
                || subject.is_beside(path);
            let too_much = was == Was::Folder && !in_tree && real.components().count() < 4;
            // A directory of the lower layer can't be moved.
            let is_needed = self.needed.iter().any(|file| file.starts_with(&real) || *file == path);
            !ours && !too_much && !is_needed && (in_tree || (is_layered && self.has_layers))
        };
        let paths: Vec<(PathBuf, Was)> =
            seen.paths.into_iter().filter(|(path, was)| may_change(path, *was)).collect();
        let read = paths.iter().filter(|(_, was)| *was == Was::File).map(|(path, _)| path.clone()).collect();
        let mut tally = Tally { unseen: unseen.len() as u64, ..Tally::default() };
        for path in unseen {
            eprintln!("{}: {} is in no look", case.name, path.display());
        }
        if first != outcome {
            tally.fail(format!("{}: without any change: {first:?}", case.name));
        }
        Ok(Prepared { subject, outcome, paths, read, tally })
    }

    fn go(&self, prepared: &mut [Prepared<'_>]) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(self.options.seconds);
        let mut random = fastrand::Rng::with_seed(self.options.seed);
        for number in 0..self.options.mutations {
            if Instant::now() > until {
                break;
            }
            let at = random.usize(..prepared.len());
            let case = &mut prepared[at];
            let Some((path, was)) = random.choice(&case.paths).cloned() else { continue };
            let mutation = *random.choice(Mutation::all(was)).expect("each can be changed somehow");
            self.try_one(case, &path, mutation, number).with_context(|| {
                format!("{}: {} {}", case.subject.case.name, path.display(), mutation.describe())
            })?;
        }
        Ok(())
    }

    fn try_one(&self, case: &mut Prepared<'_>, path: &Path, mutation: Mutation, number: u64) -> Result<()> {
        let folder = self.variants();
        let variants = Variants { folder: &folder, read: &case.read, programs: &self.programs };
        let Some(undo) = mutation::mutate(mutation, path, &variants, number)? else { return Ok(()) };
        let subject = &case.subject;
        let judged = subject.really().and_then(|real| Ok((real, subject.by_ambidex()?)));
        undo.undo().context("a change can't be undone")?;
        let (real, (ours, was_run)) = judged?;
        let what = format!("{}: {} {}", subject.case.name, path.display(), mutation.describe());
        let tally = &mut case.tally;
        tally.mutations += 1;
        let telling = real != case.outcome;
        tally.telling += u64::from(telling);
        tally.needless += u64::from(!telling && was_run);
        if ours != real {
            tally.fail(format!("{what}: {ours:?}, not {real:?}; run: {was_run}"));
        }
        // An archive may still have what the change put into it.
        let real = if subject.updates() { subject.really()? } else { case.outcome.clone() };
        let (back, was_run) = subject.by_ambidex()?;
        if back != real {
            tally.fail(format!("{what}, and back: {back:?}, not {real:?}; run: {was_run}"));
        }
        Ok(())
    }
}

fn table(prepared: &[Prepared<'_>], skipped: &[(&str, String)], has_layers: bool) -> String {
    let mut text = String::from(
        "# The oracle\n\n\
         Written by `cargo xtask oracle --write`. Each command runs under strace. Then the oracle picks one of the paths \
         that the command named at random, and changes, removes, creates or replaces it. The command runs again, by itself \
         and under ambidex, and both must give the same result. *Unseen* paths are those that strace saw but ambidex did \
         not record: parent directories, and further directories that the loader and the compiler drivers search. An unseen \
         path may point to a wrong result, but is not one by itself. *Telling* changes made the command produce something \
         else. *Needless* runs are those after changes that did not.\n\n",
    );
    if !has_layers {
        text.push_str(
            "This system allows no layers over `/usr` and `/etc`: files of the system were left alone.\n\n",
        );
    }
    text.push_str(
        "| command | paths | unseen | changes | telling | wrong | needless |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut sums = [0; 5];
    for case in prepared {
        let Tally { mutations, telling, needless, unseen, wrong } = &case.tally;
        let counts = [*unseen, *mutations, *telling, wrong.len() as u64, *needless];
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        let (name, paths) = (case.subject.case.name, case.paths.len());
        writeln!(text, "| {name} | {paths} | {} |", row(counts)).expect("a string takes all");
    }
    writeln!(text, "| **all** | | {} |", row(sums)).expect("a string takes all");
    for (name, why) in skipped {
        writeln!(text, "\n{name} was skipped: {why}.").expect("a string takes all");
    }
    text
}

fn row(counts: [u64; 5]) -> String {
    counts.map(|count| count.to_string()).join(" | ")
}
