//! The compilers, the linker and the archiver that Python names.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ambidex_engine::OwnFolder;

use super::Finding;
use super::probe::Answers;
use crate::python::on_path;

/// Programs that run before a compiler, and keep what it makes.
const LAUNCHERS: [&str; 4] = ["ccache", "distcc", "icecc", "sccache"];
const INSTALL: &str =
    "install one (gcc and g++ on Debian, Ubuntu, Fedora and openSUSE), or name one in the variable";

/// Examines the tools of a Python.
pub(crate) fn examine(python: &Answers) -> Vec<Finding> {
    let words = |name: &str| python.tools.get(name).map(Vec::as_slice).unwrap_or_default();
    let mut findings = Vec::new();
    let compiler = tool("c-compiler", "CC", "C compiler", words("CC"), Need::Always);
    let works = compiler.state == super::State::Ok;
    findings.push(compiler);
    findings.extend(launcher(words("CC")));
    findings.push(tool("cxx-compiler", "CXX", "C++ compiler", words("CXX"), Need::Sometimes));
    findings.push(tool("archiver", "AR", "archiver", words("AR"), Need::Sometimes));
    if works && python.headers().is_some() {
        findings.extend(module(python, words("CC"), words("LDSHARED")));
    }
    findings
}

/// Which builds need a tool.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    Sometimes,
}

/// Checks that a tool runs. `words` is the command that the variable stands for.
fn tool(check: &'static str, variable: &str, name: &str, words: &[String], need: Need) -> Finding {
    let bad = |message: String| match need {
        Need::Always => Finding::error(check, message, format!("{INSTALL} {variable}")),
        Need::Sometimes => {
            let next = format!("only some projects need it: {INSTALL} {variable}");
            Finding::warning(check, message, next)
        }
    };
    let Some(program) = words.first() else {
        return bad(format!("{name}: Python names none, and {variable} is not set"));
    };
    let Some(file) = located(program) else {
        return bad(format!("{name}: `{program}` is not on the PATH"));
    };
    let command: Vec<&String> = words.iter().take_while(|word| !word.starts_with('-')).collect();
    match Command::new(program).args(&command[1..]).arg("--version").stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let version = printed.lines().next().unwrap_or("of unknown version").trim().to_owned();
            Finding::ok(check, format!("{name}: {version} ({})", file.display()))
        }
        Ok(output) => bad(format!("{name}: `{program} --version` fails: {}", last_line(&output))),
        Err(error) => bad(format!("{name}: `{program}` can't be started: {error}")),
    }
}

fn located(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        Some(PathBuf::from(program)).filter(|file| file.is_file())
    } else {
        on_path(program)
    }
}

/// Warns of a program before the compiler.
fn launcher(words: &[String]) -> Option<Finding> {
    let name = Path::new(words.first()?).file_name()?.to_str()?;
    LAUNCHERS.contains(&name).then(|| {
        Finding::warning(
            "launcher",
            format!("{name} runs before the compiler: what it makes is not shared with other directories"),
            format!("let CC name the compiler alone; ambidex's own cache does the work of {name}"),
        )
    })
}

/// Builds a module that does nothing. Returns nothing where that can't be tried; another finding says why then.
fn module(python: &Answers, compiler: &[String], linker: &[String]) -> Option<Finding> {
    const CHECK: &str = "module";
    const NEXT: &str = "make the compiler work; the message is its own";
    let folder = OwnFolder::new("doctor-").ok()?;
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (source, object, module) = (at("empty.c"), at("empty.o"), at(&format!("empty{}", python.suffix)));
    std::fs::write(&source, "#include <Python.h>\nint ambidex_empty;\n").ok()?;
    // The names of the directory would be noise.
    let told = |line: String| line.replace(&at(""), "");
    let includes = python.includes.iter().map(|include| format!("-I{}", include.display()));
    let rest = ["-fPIC".to_owned(), "-c".to_owned(), source, "-o".to_owned(), object.clone()];
    let compile: Vec<String> = compiler.iter().cloned().chain(includes).chain(rest).collect();
    if let Err(problem) = run(&compile) {
        let message = format!("a file that includes Python.h does not compile: {}", told(problem));
        return Some(Finding::error(CHECK, message, NEXT));
    }
    let shared = ["-shared".to_owned()];
    let linker = if linker.is_empty() { [compiler, &shared].concat() } else { linker.to_vec() };
    let link: Vec<String> = linker.into_iter().chain([object, "-o".to_owned(), module]).collect();
    Some(match run(&link) {
        Ok(()) => Finding::ok(CHECK, "a module compiles and links"),
        Err(problem) => Finding::error(CHECK, format!("a module does not link: {}", told(problem)), NEXT),
    })
}

/// Runs a command. The error is the line that says what is wrong.
fn run(words: &[String]) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("there is no command".to_owned());
    };
    match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(last_line(&output)),
        Err(error) => Err(format!("`{program}` can't be started: {error}")),
    }
}

/// Returns the line of a failed command that says most: the first error, or else the last line.
fn last_line(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = || printed.lines().filter(|line| !line.trim().is_empty());
    let line = lines().find(|line| line.contains("error")).or_else(|| lines().next_back());
    line.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned())
}
