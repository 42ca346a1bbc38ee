//! A test of the engine when something goes wrong: a build with a fault, and then one without.
//!
//! The project is that of `versions.rs`, which knows the correct result for each combination of versions. Before each
//! build with a fault, some versions change, and now and then `build/` is removed, so that some commands run, some come
//! from the store, and some are up to date. A fault is bad if a build reports success with a wrong module, leaves half
//! of a module or a process behind, doesn't end, or panics; or if the next build, without any fault, fails or gives a
//! wrong result.

mod fault;
mod processes;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::disk::Disk;
use crate::environment::{ambidex, python_with, root};
use crate::page;
use crate::versions::{Truth, Versions, command};
use fault::Fault;
use processes::MARK;

/// The options of `cargo xtask faults`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of kills: three fifths of the engine, one fifth of Python, one fifth of a compiler
    #[arg(long, default_value_t = 500)]
    kills: u64,
    /// Number of faults of each other kind
    #[arg(long, default_value_t = 20)]
    faults: u64,
    /// Seed for choosing the faults and the versions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Update the table in docs/reliability.md
    #[arg(long)]
    write: bool,
}

/// The time limit of a build, which usually takes a second or two.
const PATIENCE: Duration = Duration::from_secs(60);
/// The size of the builds' disk while it is not full, in bytes.
const DISK: u64 = 200_000_000;

/// The results of the faults of one kind.
#[derive(Default)]
struct Row {
    times: u64,
    succeeded: u64,
    failed: u64,
    bad: u64,
    about: BTreeMap<&'static str, u64>,
}

/// A build that has ended, or was killed at the time limit.
struct Ended {
    status: Option<ExitStatus>,
    printed: String,
}

struct Judge {
    ambidex: PathBuf,
    python: PathBuf,
    truth: Truth,
    /// The mount point of a separate file system.
    disk: Disk,
    folder: PathBuf,
    versions: Versions,
    random: fastrand::Rng,
    /// The number of builds so far.
    builds: u64,
    /// How far from the start a fault of each kind may happen, in its own unit. It adapts to where builds end.
    reach: BTreeMap<Fault, f64>,
}

/// Judges all faults.
///
/// # Errors
/// If a fault is bad, or can't be caused.
pub(crate) fn judge(options: &Options) -> Result<()> {
    let folder = root().join("target").join("xtask").join("faults");
    fs::create_dir_all(&folder)?;
    let python = python_with("stress-python", &["setuptools==80.9.0"])?;
    let disk = Disk::mount(folder.join("disk"), DISK)?;
    let mut judge = Judge {
        ambidex: ambidex()?,
        truth: Truth::find(&python, &folder.join("truth"))?,
        python,
        disk,
        folder,
        versions: Versions::default(),
        random: fastrand::Rng::with_seed(options.seed),
        builds: 0,
        reach: BTreeMap::new(),
    };
    let mut rows: BTreeMap<Fault, Row> = BTreeMap::new();
    let mut bad = Vec::new();
    for fault in Fault::ALL {
        let times = match fault {
            Fault::KilledEngine => options.kills * 3 / 5,
            Fault::KilledPython | Fault::KilledCompiler => options.kills / 5,
            _ => options.faults,
        };
        let row = rows.entry(fault).or_default();
        while row.times < times {
            if let Err(error) = judge.once(fault, row) {
                let told = format!("{fault}: {error:#}");
                println!("{told}");
                row.bad += 1;
                bad.push(told);
                // Keep the log of the calls for inspection.
                let log = judge.folder.join("calls");
                let _ = fs::rename(&log, log.with_extension(bad.len().to_string()));
                judge.begin_again()?;
            }
        }
        println!("{fault}: {} times, {} bad", row.times, row.bad);
    }
    let table = table(&rows)?;
    println!("{table}");
    if options.write {
        page::write("reliability.md", "faults", &format!("Seed {}.\n\n{table}", options.seed))?;
    }
    ensure!(bad.is_empty(), "{} faults were bad:\n{}", bad.len(), bad.join("\n"));
    Ok(())
}

impl Judge {
    fn tree(&self) -> PathBuf {
        self.disk.path().join("tree")
    }

    fn store(&self) -> PathBuf {
        self.disk.path().join("store")
    }

    /// Starts afresh after a bad fault, so that it can't affect the next one.
    fn begin_again(&mut self) -> Result<()> {
        processes::kill_all(self.builds);
        self.disk.empty()
    }

    /// Runs a build with a fault, and one without. Does not count a fault that the build didn't reach.
    fn once(&mut self, fault: Fault, row: &mut Row) -> Result<()> {
        if self.random.u32(0..4) == 0 {
            let _ = fs::remove_dir_all(self.tree().join("build"));
        }
        if fault == Fault::KilledCompiler {
            // Otherwise, the store would in the end have all versions, and no compiler would run.
            let _ = fs::remove_dir_all(self.store());
        }
        self.versions.change(&mut self.random);
        self.versions.write(&self.tree())?;
        let reach = *self.reach.entry(fault).or_insert(20.0);
        let when = 1 + (self.random.f64() * reach) as u64;
        let Some((ended, about)) = self.build_with(fault, when)? else {
            processes::kill_all(self.builds);
            return Ok(());
        };
        let met = about.is_some();
        self.reach.insert(fault, if met { reach * 1.1 } else { (reach * 0.9).max(4.0) });
        if let Some(about) = about {
            row.times += 1;
            *row.about.entry(about).or_default() += 1;
        }
        let judged = self.judge(fault, &ended).with_context(|| format!("at {when}: {}", ended.printed));
        if met {
            let succeeded = ended.status.is_some_and(|status| status.success());
            *(if succeeded { &mut row.succeeded } else { &mut row.failed }) += 1;
        }
        judged?;
        let after = self.run(self.build(&self.ambidex), |_| false)?.0;
        ensure!(after.status.is_some_and(|status| status.success()), "then a build fails: {}", after.printed);
        self.truth.expect(&self.tree(), &self.versions).context("then a build is wrong")?;
        let left = processes::left_behind(self.builds);
        ensure!(left.is_empty(), "then a build leaves {} behind", left.join(", "));
        Ok(())
    }

    /// Fails if a build with a fault has ended in a way, or left something, that is not allowed.
    fn judge(&self, fault: Fault, ended: &Ended) -> Result<()> {
        let Some(status) = ended.status else { bail!("it doesn't end") };
        let left = processes::left_behind(self.builds);
        ensure!(left.is_empty(), "it leaves {} behind", left.join(", "));
        if status.success() {
            self.truth.expect(&self.tree(), &self.versions)?;
        } else {
            self.truth.expect_whole(&self.tree())?;
            ensure!(!ended.printed.trim().is_empty() || !fault.is_error(), "it fails and says nothing");
        }
        for text in ["panicked at", "Traceback", "core dumped"] {
            ensure!(!ended.printed.contains(text), "it prints a backtrace");
        }
        Ok(())
    }

    /// Builds with a fault at `when`. Along with the build, returns what the fault was about, or `None` if the build
    /// didn't meet it. Returns `None` for everything if such a fault can't happen in reality.
    fn build_with(&mut self, fault: Fault, when: u64) -> Result<Option<(Ended, Option<&'static str>)>> {
        let log = self.folder.join("calls");
        let _ = fs::remove_file(&log);
        if let Some(injected) = fault.injected(&self.ambidex, when, &log) {
            let (ended, _) = self.run(self.arguments(injected), |_| false)?;
            let log =
                fs::read_to_string(&log).context("strace can't be started (Debian's package strace)")?;
            let about = fault::met(&log).then(|| fault::about(&log, &self.store()));
            return Ok(fault::is_real(&log).then_some((ended, about)));
        }
        if fault == Fault::FullDisk {
            self.disk.leave(when * 4096)?;
            let (ended, _) = self.run(self.build(&self.ambidex), |_| false)?;
            // The build met the fault if the disk is full, or if a program reported that and made room again.
            let full = self.disk.used()? + 4096 > self.disk.size()? || ended.printed.contains("No space");
            self.disk.make_room()?;
            return Ok(Some((ended, full.then_some("other"))));
        }
        let after = Duration::from_millis(when * 20);
        let python = fault == Fault::KilledPython;
        let mut random = self.random.fork();
        let began = Instant::now();
        let kill = |build| began.elapsed() >= after && processes::kill_one(build, python, &mut random);
        let (ended, killed) = self.run(self.build(&self.ambidex), kill)?;
        Ok(Some((ended, killed.then_some("other"))))
    }

    fn build(&self, program: &Path) -> Command {
        self.arguments(Command::new(program))
    }

    /// Adds to a command the arguments and variables that ambidex gets to build the tree.
    fn arguments(&self, program: Command) -> Command {
        let mut build = command(Path::new(program.get_program()), &self.tree());
        build.args(program.get_args()).args(["build", "--quiet", "-j2", "--python"]).arg(&self.python);
        build.env("AMBIDEX_CACHE_DIR", self.store()).env("AMBIDEX_CACHE_SIZE", "100000000");
        build
    }

    /// Runs a build to its end. Meanwhile, calls `kill` at short intervals until it has killed something.
    fn run(&mut self, mut build: Command, mut kill: impl FnMut(u64) -> bool) -> Result<(Ended, bool)> {
        self.builds += 1;
        // Processes that are left behind would hold a pipe open.
        let text = self.folder.join("printed");
        let file = File::create(&text)?;
        let began = Instant::now();
        let mut child = build
            .env(MARK, self.builds.to_string())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{build:?} can't be started"))?;
        let mut killed = false;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if began.elapsed() > PATIENCE {
                processes::kill_all(self.builds);
                child.kill()?;
                child.wait()?;
                break None;
            }
            killed = killed || kill(self.builds);
            std::thread::sleep(Duration::from_millis(2));
        };
        Ok((Ended { status, printed: String::from_utf8_lossy(&fs::read(&text)?).into_owned() }, killed))
    }
}

fn table(rows: &BTreeMap<Fault, Row>) -> Result<String> {
    let mut text = String::from(
        "| fault | times | about state | cache | outputs | other | build succeeded | build failed | bad |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (fault, row) in rows {
        let about = |what| row.about.get(what).copied().unwrap_or_default();
        writeln!(
            text,
            "| {fault} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.times,
            about("state"),
            about("store"),
            about("outputs"),
            about("other"),
            row.succeeded,
            row.failed,
            row.bad
        )?;
    }
    Ok(text)
}
