//! A comparison of the engine alone with ninja: many commands that do next to nothing.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use super::client::Client;
use super::contest::{in_a_cell, median};
use super::site::remove;
use super::spent::{self, Spent, spend};
use super::tools::Tools;
use crate::environment::{root, run};

/// The numbers of commands in the cases.
pub(crate) const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// Returns the name of the case with this number of commands.
pub(crate) fn name(size: usize) -> String {
    format!("nodes/{size}")
}

/// A stand-in for the compiler: it writes both the output and a dependency file that names the source.
const COMPILER: &str = r#"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int make(const char *path, const char *text, const char *more)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || write(file, text, strlen(text)) < 0 || write(file, more, strlen(more)) < 0)
        return 1;
    return close(file) != 0;
}

int main(int argc, char **argv)
{
    const char *source = "", *output = "", *depfile = "";
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], "-c"))
            source = argv[i + 1];
        else if (!strcmp(argv[i], "-o"))
            output = argv[i + 1];
        else if (!strcmp(argv[i], "-MF"))
            depfile = argv[i + 1];
    }
    if (*depfile && make(depfile, "out: ", source))
        return 1;
    return make(output, "object of ", source);
}
"#;

/// The program that runs the commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runner {
    Ninja,
    /// The engine, with or without a store.
    Ambidex {
        store: bool,
    },
}

/// A runner's figures, or the reason why it has none.
struct Row {
    runner: Runner,
    figures: Result<Figures, String>,
}

#[derive(Default)]
struct Figures {
    cold: Vec<Spent>,
    again: Vec<Spent>,
    /// The peak memory in bytes, with all nodes and with one.
    peak: u64,
    peak_of_one: u64,
}

/// Measures all runners at one size in turn, and returns their table.
pub(crate) fn measure(tools: &Tools, size: usize, rounds: usize) -> Result<String> {
    let folder = root().join("target").join("xtask").join("nodes");
    remove(&folder)?;
    let bench = Bench { tools, programs: programs(&folder)?, folder };
    let runners = [Runner::Ninja, Runner::Ambidex { store: false }, Runner::Ambidex { store: true }];
    let mut rows = runners.map(|runner| Row { runner, figures: Ok(Figures::default()) });
    for round in 0..=rounds {
        for row in &mut rows {
            let Ok(figures) = &mut row.figures else { continue };
            if let Err(error) = bench.round(row.runner, size, round == 0, figures) {
                row.figures = Err(format!("{error:#}"));
            }
        }
        eprintln!("{}: round {round} of {rounds}", name(size));
    }
    Ok(table(size, &rows))
}

/// Creates the directory that contains the compiler.
fn programs(folder: &Path) -> Result<PathBuf> {
    let programs = folder.join("programs");
    fs::create_dir_all(&programs)?;
    let source = programs.join("cc.c");
    fs::write(&source, COMPILER)?;
    // Not linked statically: the engine could not observe it, and would run it in every build.
    run(Command::new("gcc").args(["-O2", "-o"]).arg(programs.join("cc")).arg(&source))?;
    Ok(programs)
}

struct Bench<'a> {
    tools: &'a Tools,
    folder: PathBuf,
    programs: PathBuf,
}

impl Bench<'_> {
    /// Builds from scratch, and again. The first round measures memory instead, and its times don't count.
    fn round(&self, runner: Runner, size: usize, first: bool, figures: &mut Figures) -> Result<()> {
        if first {
            self.write(runner, size)?;
            self.write(runner, 1)?;
            self.clean(runner, size)?;
            self.clean(runner, 1)?;
            figures.peak_of_one = self.peak(runner, 1)?;
            figures.peak = self.peak(runner, size)?;
            return Ok(());
        }
        self.clean(runner, size)?;
        figures.cold.push(self.build(runner, size)?.0);
        figures.again.push(self.build(runner, size)?.0);
        Ok(())
    }

    fn tree(&self, runner: Runner, size: usize) -> PathBuf {
        let name = match runner {
            Runner::Ninja => "ninja",
            Runner::Ambidex { store: false } => "ambidex",
            Runner::Ambidex { store: true } => "ambidex-store",
        };
        self.folder.join(format!("{name}-{size}"))
    }

    fn cache(&self, runner: Runner, size: usize) -> PathBuf {
        self.tree(runner, size).with_extension("cache")
    }

    /// Writes the sources, and the graph for ninja.
    fn write(&self, runner: Runner, size: usize) -> Result<()> {
        let tree = self.tree(runner, size);
        fs::create_dir_all(&tree)?;
        for node in 0..size {
            fs::write(tree.join(format!("{node}.c")), format!("int f{node};\n"))?;
        }
        if runner == Runner::Ninja {
            let mut text = String::from(
                "rule cc\n  command = cc -c $in -o $out -MD -MF $out.d\n  depfile = $out.d\n  deps = gcc\n",
            );
            for node in 0..size {
                writeln!(text, "build build/{node}.o: cc {node}.c")?;
            }
            fs::write(tree.join("build.ninja"), text)?;
        }
        Ok(())
    }

    fn clean(&self, runner: Runner, size: usize) -> Result<()> {
        let tree = self.tree(runner, size);
        remove(&tree.join("build"))?;
        remove(&tree.join(".ninja_log"))?;
        remove(&tree.join(".ninja_deps"))?;
        remove(&self.cache(runner, size))?;
        fs::create_dir(tree.join("build"))?;
        Ok(())
    }

    fn peak(&self, runner: Runner, size: usize) -> Result<u64> {
        match runner {
            Runner::Ninja => spent::peak_until_end(&mut self.ninja(size)?, &self.folder.join("log")),
            Runner::Ambidex { .. } => Ok(self.build(runner, size)?.1),
        }
    }

    /// Builds once. Also returns the engine's peak memory in bytes.
    fn build(&self, runner: Runner, size: usize) -> Result<(Spent, u64)> {
        match runner {
            Runner::Ninja => Ok((spend(&mut self.ninja(size)?, &self.folder.join("log"))?, 0)),
            Runner::Ambidex { store } => self.serve(runner, size, store),
        }
    }

    fn path(&self) -> Result<String> {
        let path = std::env::var("PATH").context("there is no PATH")?;
        Ok(format!("{}:{path}", self.programs.display()))
    }

    fn ninja(&self, size: usize) -> Result<Command> {
        let mut command = self.tools.ninja()?;
        command.arg("-j2").current_dir(self.tree(Runner::Ninja, size)).env("PATH", self.path()?);
        Ok(command)
    }

    /// Starts an engine as a Python without one does, records all commands, and waits for them.
    fn serve(&self, runner: Runner, size: usize, store: bool) -> Result<(Spent, u64)> {
        let tree = self.tree(runner, size);
        let path = self.path()?;
        let log = self.folder.join("log");
        let mut command = self.tools.command(&self.tools.ambidex);
        command.args(["serve", "-j2"]).current_dir(&tree).env("PATH", &path);
        command.env("AMBIDEX_CACHE_DIR", if store { self.cache(runner, size) } else { PathBuf::new() });
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let began = Instant::now();
        let mut engine = command.spawn()?;
        let peak = converse(&mut engine, &tree, size, &path)?;
        drop(engine.stdin.take());
        Ok((spent::end(engine, began, &log)?, peak))
    }
}

fn converse(engine: &mut Child, tree: &Path, size: usize, path: &str) -> Result<u64> {
    let output = engine.stdout.take().context("the engine has no standard output")?;
    let lines = BufReader::new(output).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let sockets: Vec<String> =
        lines.filter_map(|line| Some(line.strip_prefix("AMBIDEX_SOCKET=")?.to_owned())).collect();
    let mut client = Client::open(Path::new(sockets.first().context("the engine names no socket")?), tree)?;
    for node in 0..size {
        let (source, object) = (format!("{node}.c"), format!("build/{node}.o"));
        let path = (node == 0).then_some(path);
        client.record(&["cc", "-c", &source, "-o", &object], tree, path)?;
    }
    client.finish()?;
    spent::peak(engine).context("the engine's memory is not known")
}

fn table(size: usize, rows: &[Row]) -> String {
    let mut text = format!(
        "{size} commands `cc -c N.c -o build/N.o` with 2 jobs, where `cc` is a small program that makes its output and \
         a dependency file. ninja reads them from its file; to the engine they are told through its socket, one by one. \
         Memory is that of the process itself; bytes a node are what it takes beyond a build of one node.\n\n\
         | program | from nothing, s | ratio | own CPU, s | peak, MB | bytes a node | nothing changed, s | ratio | own CPU, s |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    let mut first = None;
    for row in rows {
        let label = match row.runner {
            Runner::Ninja => "ninja",
            Runner::Ambidex { store: false } => "ambidex serve, no cache",
            Runner::Ambidex { store: true } => "ambidex serve, with a cache",
        };
        let line = match &row.figures {
            Ok(figures) => figures.line(size, &mut first),
            Err(error) => format!("not measured: {} | | | | | | | ", in_a_cell(error)),
        };
        writeln!(text, "| {label} | {line} |").expect("a string takes all");
    }
    text
}

impl Figures {
    fn line(&self, size: usize, first: &mut Option<(f64, f64)>) -> String {
        let wall = |all: &[Spent]| median(all.iter().map(|spent| spent.wall));
        let cpu = |all: &[Spent]| median(all.iter().map(|spent| spent.cpu));
        let (cold, again) = (wall(&self.cold), wall(&self.again));
        let (first_cold, first_again) = *first.get_or_insert((cold, again));
        let beyond = self.peak.saturating_sub(self.peak_of_one) as f64;
        format!(
            "{cold:.3} | {:.2} | {:.3} | {:.1} | {:.0} | {again:.3} | {:.2} | {:.3}",
            cold / first_cold,
            cpu(&self.cold),
            self.peak as f64 / 1e6,
            beyond / size as f64,
            again / first_again,
            cpu(&self.again)
        )
    }
}
