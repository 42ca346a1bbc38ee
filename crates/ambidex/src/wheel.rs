//! `ambidex wheel`: builds a wheel with the project's own build backend (PEP 517).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use ambidex_engine::OwnFolder;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::args::WheelArgs;
use crate::build;
use crate::build_system::BuildSystem;
use crate::diagnose::{self, Seen};
use crate::environment::Environment;
use crate::error::Error;
use crate::live;
use crate::project::Project;
use crate::promised::PromisedFiles;
use crate::supervise::{self, Task};
use crate::{tell, whole};

/// The Python script that calls a hook of a backend.
const CALL_HOOK: &str = include_str!("call_hook.py");

/// The answer of a hook call that came to an end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Returned(Value),
    Missing,
    Unavailable(String),
}

/// The build backend of one project, and how to call its hooks.
struct Backend<'a> {
    project: &'a Project,
    system: BuildSystem,
    python: PathBuf,
    variables: Vec<(&'static str, OsString)>,
    /// Whether to print only errors.
    quiet: bool,
    /// Whether to show a line about running commands.
    is_shown: bool,
    /// The temporary directory for answers and the wheel.
    folder: OwnFolder,
}

/// Builds a wheel.
pub(crate) fn wheel(args: &WheelArgs) -> Result<u8, Error> {
    tell::set_color(args.common.output.color);
    let settings = config_settings(&args.config_settings);
    let project = Project::find(&args.dir)?;
    let files = PromisedFiles::checked(None, args.trace.trace.as_deref())?;
    let system = BuildSystem::of(&project)?;
    let python = project.python(args.common.python.as_deref())?;
    let out = args.out.clone().unwrap_or_else(|| project.root.join("dist"));
    let folder = OwnFolder::new("").map_err(Error::Engine)?;
    let isolated = if args.no_isolation { None } else { Some(isolate(args, &python, &system)?) };
    let variables = supervise::keep_going(None, &project.settings).into_iter().collect();
    let quiet = args.common.output.quiet;
    let is_shown = live::can_be_shown(&args.common.output);
    let mut backend = Backend { project: &project, system, python, variables, quiet, is_shown, folder };
    let mut required = Vec::new();
    if let Some(environment) = &isolated {
        backend.python = environment.python();
        backend.variables.extend(environment.variables());
        required = match backend.plain("get_requires_for_build_wheel", &json!([settings]))? {
            Ok(answer) => serde_json::from_value(answer).unwrap_or_default(),
            Err(code) => return Ok(code),
        };
        environment.install(&required)?;
    }
    let made = backend.folder.path().join("wheel");
    fs::create_dir(&made).map_err(|source| Error::Unwritable { path: made.clone(), source })?;
    let arguments = json!([made, settings]);
    let built = if backend.system.uses_setuptools(&required) {
        backend.captured(args, &files, &arguments)?
    } else {
        if !quiet {
            let name = &backend.system.backend;
            tell::note(&format!(
                "this project is built by {name}, not by setuptools; it runs as without ambidex"
            ));
        }
        backend.plain("build_wheel", &arguments)?
    };
    let name = match built {
        Ok(name) => name,
        Err(code) => return Ok(code),
    };
    let file = put(&made, name.as_str().unwrap_or_default(), &out)?;
    if !quiet {
        tell::print(&format!("{}\n", file.display()))?;
    }
    Ok(0)
}

fn isolate(args: &WheelArgs, python: &Path, system: &BuildSystem) -> Result<Environment, Error> {
    let output = &args.common.output;
    if !output.quiet {
        tell::say(&format!("ambidex: a build environment with {}", system.requires.join(", ")));
    }
    let environment = Environment::make(python, output.verbose)?;
    environment.install(&system.requires)?;
    Ok(environment)
}

/// Parses config settings. A key that is given more than once gets a list, as with other frontends (PEP 517, "Config
/// settings").
fn config_settings(given: &[String]) -> Map<String, Value> {
    let mut settings = Map::new();
    for setting in given {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        match settings.get_mut(key) {
            None => {
                settings.insert(key.to_owned(), value.into());
            }
            Some(Value::Array(values)) => values.push(value.into()),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    settings
}

impl Backend<'_> {
    fn task(&self, hook: &str, arguments: &Value) -> Task<'_> {
        let root = &self.project.root;
        let call = json!({
            "backend": self.system.backend,
            "backend_path": self.system.backend_path.iter().map(|path| root.join(path)).collect::<Vec<_>>(),
            "hook": hook,
            "arguments": arguments,
            "result": self.result(),
        });
        Task {
            program: self.python.clone().into_os_string(),
            arguments: vec!["-c".into(), CALL_HOOK.into(), call.to_string().into()],
            cwd: root,
            environment: self.variables.clone(),
            log: self.quiet.then(|| self.log()),
            timed: false,
            is_shown: self.is_shown,
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn result(&self) -> PathBuf {
        self.folder.path().join("answer.json")
    }

    /// Calls a hook without an engine. If the backend itself fails, returns only an exit code.
    fn plain(&self, hook: &str, arguments: &Value) -> Result<Result<Value, u8>, Error> {
        let (code, interrupted) = supervise::plain(&self.task(hook, arguments))?;
        if interrupted {
            return Ok(Err(code));
        }
        let answer = self.answer(hook)?;
        if answer.is_err() {
            self.tell_failure(hook, code);
        }
        Ok(answer)
    }

    /// Builds the wheel with the engine.
    fn captured(
        &self,
        args: &WheelArgs,
        files: &PromisedFiles,
        arguments: &Value,
    ) -> Result<Result<Value, u8>, Error> {
        let options = supervise::sharing(&args.common.jobs, &self.project.settings)?;
        let task = Task { timed: files.have_trace(), ..self.task("build_wheel", arguments) };
        let ended = supervise::captured(task, options)?;
        if ended.code == 0 {
            build::conclude(&ended, files, &args.common.output, Seen::All)?;
        } else {
            let json = build::keep(&ended.report, &ended.state_folders);
            files.write(&json, ended.timeline.as_ref())?;
        }
        if ended.interrupted {
            return Ok(Err(ended.code));
        }
        let answer = self.answer("build_wheel")?;
        if answer.is_err() {
            if diagnose::tell(&ended, Seen::All) == Error::EXIT_CODE {
                return Ok(Err(Error::EXIT_CODE));
            }
            if ended.report.failures.is_empty() {
                self.tell_failure("build_wheel", ended.code);
            }
        }
        Ok(answer)
    }

    fn tell_failure(&self, hook: &str, code: u8) {
        tell::error(&format!("{} of {} ended with exit code {code}", hook, self.system.backend), None);
    }

    fn answer(&self, hook: &str) -> Result<Result<Value, u8>, Error> {
        let Ok(text) = fs::read(self.result()) else {
            // The backend has printed why.
            let log = fs::read(self.log()).unwrap_or_default();
            if !log.is_empty() {
                tell::say(String::from_utf8_lossy(&log).trim_end());
            }
            return Ok(Err(1));
        };
        // This answer must not hide that the next hook gives none.
        let _ = fs::remove_file(self.result());
        let backend = || self.system.backend.clone();
        match serde_json::from_slice(&text) {
            Ok(Answer::Returned(value)) => Ok(Ok(value)),
            Ok(Answer::Missing) if hook.starts_with("get_requires") => Ok(Ok(json!([]))),
            Ok(Answer::Missing) => {
                Err(Error::Backend { backend: backend(), problem: format!("has no {hook}") })
            }
            Ok(Answer::Unavailable(why)) => {
                Err(Error::Backend { backend: backend(), problem: format!("can't be imported: {why}") })
            }
            Err(error) => Err(Error::Backend { backend: backend(), problem: format!("{hook}: {error}") }),
        }
    }
}

/// Copies the wheel to the output directory, where it appears whole.
fn put(made: &Path, name: &str, out: &Path) -> Result<PathBuf, Error> {
    let file = out.join(name);
    let copy = || {
        fs::create_dir_all(out)?;
        let mut partial = tempfile::Builder::new().permissions(whole::readable()).tempfile_in(out)?;
        std::io::copy(&mut fs::File::open(made.join(name))?, &mut partial)?;
        partial.persist(&file).map_err(|error| error.error)
    };
    match copy() {
        Ok(_) => Ok(file),
        Err(source) => Err(Error::Unwritable { path: file.clone(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_setting_is_a_list() {
        let given = ["a=1", "b", "c=x=y", "c=2", "c=3"].map(str::to_owned);
        let expected = json!({"a": "1", "b": "", "c": ["x=y", "2", "3"]});
        assert_eq!(Value::Object(config_settings(&given)), expected);
    }
}
