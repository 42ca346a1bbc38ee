//! A test of the cache on another machine: builds with a server that goes wrong, each beside the same build without one.
//!
//! The project is that of `versions.rs`, which knows the correct result for each combination of versions. Each build
//! starts with an empty cache of its own, in one of two directories, so that the server is needed. A build is bad if it
//! fails, has a wrong module, prints a backtrace, or takes much longer than the one without a server.

mod casd;

use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use ambidex_fake_remote::{FakeRemote, Fault};
use anyhow::{Context, Result, bail, ensure};

use crate::environment::{ambidex, python_with, root};
use crate::page;
use crate::versions::{Truth, Versions, command};
use casd::Casd;

/// The options of `cargo xtask remote`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of builds with a fault
    #[arg(long, default_value_t = 100)]
    builds: u32,
    /// Seed for choosing the faults and the versions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Update the table in docs/remote.md
    #[arg(long)]
    write: bool,
}

/// How much longer than without a server a build may take.
const EXTRA: Duration = Duration::from_secs(5);

/// When a build counts as one that doesn't end.
const PATIENCE: Duration = Duration::from_secs(120);

/// What happens to the server during a build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    /// Nothing.
    None,
    /// It isn't there.
    Gone,
    /// It is killed during the build.
    Killed,
    /// It is killed during the build, and starts again at once.
    Restarted,
    /// It is stopped during the build: it takes connections, and never answers.
    Paused,
    /// Its disk is full.
    Filled,
    /// A server of our own answers wrongly from some moment on.
    Wrong(Fault),
}

impl Event {
    fn all() -> impl Iterator<Item = Self> {
        let own = [Self::None, Self::Gone, Self::Killed, Self::Restarted, Self::Paused, Self::Filled];
        own.into_iter().chain(Fault::ALL.into_iter().skip(1).map(Self::Wrong))
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no fault",
            Self::Gone => "not there",
            Self::Killed => "killed",
            Self::Restarted => "killed, started again",
            Self::Paused => "paused",
            Self::Filled => "disk full",
            Self::Wrong(Fault::None) => "no fault, our own server",
            Self::Wrong(Fault::Flipped) => "contents with a flipped bit",
            Self::Wrong(Fault::Cut) => "contents cut in half",
            Self::Wrong(Fault::Swapped) => "contents swapped",
            Self::Wrong(Fault::OtherResult) => "results of other actions",
            Self::Wrong(Fault::Nonsense) => "results that mean nothing",
            Self::Wrong(Fault::Forgetful) => "contents lost",
            Self::Wrong(Fault::Full) => "no room",
            Self::Wrong(Fault::Denied) => "writing denied",
            Self::Wrong(Fault::Slow(_)) => "0.7 s for each answer",
            Self::Wrong(Fault::Stuck) => "no answer",
            Self::Wrong(Fault::Broken) => "an error for each request",
        })
    }
}

/// The results of the builds with one kind of event.
#[derive(Default)]
struct Row {
    builds: u32,
    /// Commands that were run, and those whose outputs came from the server.
    run: u64,
    remote: u64,
    /// Builds that told the user that the server is left alone.
    told: u32,
    /// How much longer than without a server the longest build took.
    extra: Duration,
    bad: u32,
}

struct Judge {
    ambidex: PathBuf,
    python: PathBuf,
    truth: Truth,
    folder: PathBuf,
    versions: Versions,
    random: fastrand::Rng,
    casd: Casd,
    fake: FakeRemote,
}

/// A build that has succeeded.
struct Built {
    time: Duration,
    run: u64,
    remote: u64,
    told: bool,
}

/// Judges builds with all kinds of events in turn.
///
/// # Errors
/// If a build is bad, or a server can't be started.
pub(crate) fn judge(options: &Options) -> Result<()> {
    let folder = root().join("target").join("xtask").join("remote");
    fs::create_dir_all(&folder)?;
    let python = python_with("stress-python", &["setuptools==80.9.0"])?;
    let mut judge = Judge {
        ambidex: ambidex()?,
        truth: Truth::find(&python, &folder.join("truth"))?,
        python,
        casd: Casd::prepare(&folder)?,
        fake: FakeRemote::start()?,
        folder,
        versions: Versions::default(),
        random: fastrand::Rng::with_seed(options.seed),
    };
    let mut rows: Vec<(Event, Row)> = Event::all().map(|event| (event, Row::default())).collect();
    let mut bad = Vec::new();
    for number in 0..options.builds {
        let which = number as usize % rows.len();
        let (event, row) = &mut rows[which];
        row.builds += 1;
        if let Err(error) = judge.once(*event, row) {
            println!("{event}: {error:#}");
            row.bad += 1;
            bad.push(format!("{event}: {error:#}"));
        }
    }
    let table = table(&rows)?;
    println!("{table}");
    if options.write {
        page::write("remote.md", "remote", &format!("Seed {}.\n\n{table}", options.seed))?;
    }
    ensure!(bad.is_empty(), "{} builds were bad:\n{}", bad.len(), bad.join("\n"));
    Ok(())
}

impl Judge {
    /// Builds without a server, and then with one.
    fn once(&mut self, event: Event, row: &mut Row) -> Result<()> {
        self.versions.change(&mut self.random);
        let tree = self.folder.join(if self.random.bool() { "tree" } else { "another tree" });
        self.versions.write(&tree)?;
        let local = self.build(&tree, None, |_| Ok(()))?;
        // Now and then the server knows this combination already.
        if self.random.bool() && event != Event::Gone {
            self.casd.start()?;
            self.build(&tree, Some(self.url(event)), |_| Ok(()))?;
        }
        let moment = local.time.mul_f64(self.random.f64());
        let built = self.build_with(event, &tree, moment);
        self.casd.pause(false)?;
        self.casd.fill(false)?;
        self.fake.set(Fault::None);
        let built = built?;
        self.truth.expect(&tree, &self.versions)?;
        let extra = built.time.saturating_sub(local.time);
        row.run += built.run;
        row.remote += built.remote;
        row.told += u32::from(built.told);
        row.extra = row.extra.max(extra);
        ensure!(extra <= EXTRA, "it took {:.1} s more than without a server", extra.as_secs_f64());
        Ok(())
    }

    fn url(&self, event: Event) -> String {
        match event {
            Event::Wrong(_) => self.fake.url(),
            _ => self.casd.url(),
        }
    }

    /// Builds while something happens to the server, at this moment if there is one.
    fn build_with(&mut self, event: Event, tree: &Path, moment: Duration) -> Result<Built> {
        match event {
            Event::Gone => self.casd.kill()?,
            Event::Filled => {
                self.casd.start()?;
                self.casd.fill(true)?;
            }
            _ => self.casd.start()?,
        }
        let url = self.url(event);
        let mut happened = false;
        self.build(tree, Some(url), |judge| {
            let now = Instant::now();
            if happened || now.duration_since(judge.0) < moment {
                return Ok(());
            }
            happened = true;
            match event {
                Event::Killed => judge.1.casd.kill(),
                Event::Restarted => judge.1.casd.kill().and_then(|()| judge.1.casd.start()),
                Event::Paused => judge.1.casd.pause(true),
                Event::Wrong(fault) => {
                    judge.1.fake.set(fault);
                    Ok(())
                }
                Event::None | Event::Gone | Event::Filled => Ok(()),
            }
        })
    }

    /// Builds a tree from nothing, with an empty cache. Meanwhile, calls `meanwhile` at short intervals with the moment
    /// at which the build began.
    fn build(
        &mut self,
        tree: &Path,
        remote: Option<String>,
        mut meanwhile: impl FnMut((Instant, &mut Self)) -> Result<()>,
    ) -> Result<Built> {
        let cache = self.folder.join("cache");
        for old in [&tree.join("build"), &cache] {
            let _ = fs::remove_dir_all(old);
        }
        let (text, summary) = (self.folder.join("printed"), self.folder.join("summary.json"));
        let file = File::create(&text)?;
        let mut build = command(&self.ambidex, tree);
        build.args(["build", "--quiet", "-j2", "--python"]).arg(&self.python).arg("--summary").arg(&summary);
        build.env("AMBIDEX_CACHE_DIR", &cache).env_remove("AMBIDEX_REMOTE");
        build.envs(remote.map(|url| ("AMBIDEX_REMOTE", url)));
        build.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let began = Instant::now();
        let mut child = build.spawn().with_context(|| format!("{build:?} can't be started"))?;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                bail!("it doesn't end");
            }
            meanwhile((began, self))?;
            std::thread::sleep(Duration::from_millis(2));
        };
        let time = began.elapsed();
        let printed = String::from_utf8_lossy(&fs::read(&text)?).into_owned();
        ensure!(status.success(), "it fails: {printed}");
        ensure!(!printed.contains("panicked at") && !printed.contains("Traceback"), "a backtrace: {printed}");
        let told = printed.matches("note: AMBIDEX_REMOTE:").count();
        ensure!(told <= 1, "it tells more than once: {printed}");
        let summary: serde_json::Value = serde_json::from_str(&fs::read_to_string(&summary)?)?;
        let count = |name: &str| summary["commands"][name].as_u64().unwrap_or_default();
        Ok(Built { time, run: count("executed"), remote: count("remote"), told: told > 0 })
    }
}

fn table(rows: &[(Event, Row)]) -> Result<String> {
    let mut text = String::from(
        "| the server | builds | commands run | from the server | user told | longest extra, s | bad |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (event, row) in rows.iter().filter(|(_, row)| row.builds > 0) {
        writeln!(
            text,
            "| {event} | {} | {} | {} | {} | {:.1} | {} |",
            row.builds,
            row.run,
            row.remote,
            row.told,
            row.extra.as_secs_f64(),
            row.bad
        )?;
    }
    Ok(text)
}
