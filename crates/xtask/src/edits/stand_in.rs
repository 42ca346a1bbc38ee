//! The compiler of reference builds: it calls the real one, logs what each command depended on, and copies the object
//! instead of compiling the same code again.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One command of a reference build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its arguments, starting with the program's name.
    pub argv: Vec<String>,
    /// The files that it read, with hashes. For a compilation: its source and every header, as listed by the
    /// preprocessor (`-M`). For a link: the files that its arguments name.
    pub read: Vec<(String, String)>,
    pub is_compilation: bool,
}

/// The directories of the stand-ins and of the objects that they have compiled, and their log.
#[derive(Clone, Debug)]
pub(crate) struct StandIns {
    programs: PathBuf,
    objects: PathBuf,
    log: PathBuf,
}

impl StandIns {
    /// Creates a stand-in for each compiler that this Python's setuptools starts by name.
    pub(crate) fn make(folder: &Path, python: &Path) -> Result<Self> {
        let ask = "import sysconfig\nfor name in 'CC', 'CXX', 'LDSHARED', 'LDCXXSHARED': print(sysconfig.get_config_var(name))";
        let output = Command::new(python).args(["-c", ask]).output().context("Python can't be asked")?;
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        let this = std::env::current_exe()?;
        let stand_ins = Self {
            programs: folder.join("programs"),
            objects: folder.join("objects"),
            log: folder.join("log"),
        };
        fs::create_dir_all(&stand_ins.programs)?;
        fs::create_dir_all(&stand_ins.objects)?;
        for name in names.lines().filter_map(|line| line.split(' ').next()) {
            anyhow::ensure!(!name.contains('/'), "Python's compiler {name} is not found on the PATH");
            let script = format!(
                "#!/bin/sh\nexec '{}' stand-in '{}' '{}' {name} '{}' -- \"$@\"\n",
                this.display(),
                stand_ins.objects.display(),
                stand_ins.log.display(),
                real(name)?.display()
            );
            let file = stand_ins.programs.join(name);
            fs::write(&file, script)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(stand_ins)
    }

    /// Makes a command use the stand-ins.
    pub(crate) fn be_used_by(&self, command: &mut Command) -> Result<()> {
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.programs.display()));
        fs::write(&self.log, "")?;
        Ok(())
    }

    /// Returns what the stand-ins have logged since then.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        let text = fs::read_to_string(&self.log)?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}

fn real(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.with_context(|| format!("there is no {name} on the PATH"))
}

/// Does the work of a stand-in. Returns its exit code.
pub(crate) fn run(objects: &Path, log: &Path, name: &str, real: &Path, arguments: &[String]) -> Result<i32> {
    let output = arguments.iter().position(|a| a == "-o").and_then(|at| arguments.get(at + 1));
    let is_compilation = arguments.iter().any(|a| a == "-c");
    let Some(output) = output else { return start(real, arguments) };
    let (read, code) = if is_compilation {
        compile(objects, real, arguments, output)?
    } else {
        let files = arguments.iter().filter(|a| *a != output && Path::new(a).is_file());
        let read = files.map(|file| Ok((file.clone(), hash_of(file)?))).collect::<Result<_>>()?;
        (read, start(real, arguments)?)
    };
    let argv = std::iter::once(name.to_owned()).chain(arguments.iter().cloned()).collect();
    let line = serde_json::to_string(&Entry { argv, read, is_compilation })?;
    // The build is serial, so no other process writes to the log.
    writeln!(fs::File::options().append(true).open(log)?, "{line}")?;
    Ok(code)
}

fn start(real: &Path, arguments: &[String]) -> Result<i32> {
    let status = Command::new(real).args(arguments).status().with_context(|| real.display().to_string())?;
    Ok(status.code().unwrap_or(1))
}

/// Compiles, unless the same command has compiled the same preprocessed text in the same directory before.
fn compile(
    objects: &Path,
    real: &Path,
    arguments: &[String],
    output: &str,
) -> Result<(Vec<(String, String)>, i32)> {
    let text = objects.join(format!("{}.i", std::process::id()));
    let names = objects.join(format!("{}.d", std::process::id()));
    let at = arguments.iter().position(|a| a == "-o").context("there is an output")?;
    let mut preprocess = Command::new(real);
    preprocess.args(arguments[..at].iter().chain(&arguments[at + 2..]).filter(|a| *a != "-c"));
    preprocess.args(["-E", "-MD", "-MT", "it", "-MF"]).arg(&names).arg("-o").arg(&text);
    if !preprocess.output()?.status.success() {
        return Ok((Vec::new(), start(real, arguments)?));
    }
    let mut key = blake3::Hasher::new();
    let folder = std::env::current_dir()?.display().to_string();
    for part in arguments.iter().chain([&folder, &real.display().to_string()]) {
        key.update(part.as_bytes()).update(&[0]);
    }
    key.update(&fs::read(&text)?);
    let object = objects.join(format!("{}.o", key.finalize().to_hex()));
    let read = prerequisites(&fs::read_to_string(&names)?);
    fs::remove_file(text)?;
    fs::remove_file(names)?;
    let code = if object.is_file() { 0 } else { start(real, arguments)? };
    if code == 0 && object.is_file() {
        fs::copy(&object, output)?;
    } else if code == 0 {
        fs::copy(output, &object)?;
    }
    let read = read.into_iter().map(|file| Ok((hash_of(&file)?, file)));
    let read: Result<Vec<(String, String)>> =
        read.map(|pair| pair.map(|(hash, file)| (file, hash))).collect();
    Ok((read?, code))
}

/// Returns the prerequisites in a make rule. No file name in these projects contains a space.
pub(crate) fn prerequisites(rule: &str) -> Vec<String> {
    let words = rule.split_whitespace().filter(|word| *word != "\\" && *word != "it:");
    words.map(str::to_owned).collect()
}

fn hash_of(file: &str) -> Result<String> {
    Ok(blake3::hash(&fs::read(file).with_context(|| file.to_owned())?).to_hex()[..32].to_owned())
}
