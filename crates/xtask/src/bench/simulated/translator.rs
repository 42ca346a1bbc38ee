//! The Cython of a simulated machine: how its translations are recorded, and made again without work.
//!
//! The file `Cython/Compiler/Main.py` of the machine's virtual environment gets another function at its end. Anything
//! that replaced the function from outside would be a change of Cython's state, which ambidex would notice.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::bench::tools::Tools;

/// The installed Cython.
pub(super) struct Translator {
    pub version: String,
    /// The file that is changed.
    main: PathBuf,
    original: String,
}

/// What one translation did.
#[derive(Deserialize)]
struct Translation {
    source: String,
    module: String,
    seconds: f64,
    reads: Vec<String>,
    /// The files that it wrote, each with its copy.
    writes: Vec<(String, String)>,
}

impl Translator {
    /// Finds the Cython of an environment.
    pub fn find(tools: &Tools, python: &Path) -> Result<Self> {
        let ask = "import Cython.Compiler as c, os; print(Cython.__version__, os.path.dirname(c.__file__))";
        let ask = format!("import Cython; {ask}");
        let output = tools.command(python).args(["-c", &ask]).output().context("Python can't be asked")?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let (version, folder) = told.trim().split_once(' ').context("there is no Cython")?;
        let main = Path::new(folder).join("Main.py");
        let kept = main.with_extension("original");
        if !kept.is_file() {
            fs::copy(&main, &kept)?;
        }
        Ok(Self { version: version.to_owned(), original: fs::read_to_string(kept)?, main })
    }

    /// Has each translation recorded in this directory.
    pub fn record(&self, records: &Path) -> Result<()> {
        let recording = include_str!("recording.py");
        self.write(recording, &format!("RECORDS = {}\n", python_text(records)))
    }

    /// Has each translation made from its record. Returns how long all translations took, in seconds.
    pub fn replay(&self, records: &Path) -> Result<f64> {
        let (mut values, mut seconds) = ("RECORDED = {\n".to_owned(), 0.0);
        for entry in fs::read_dir(records)? {
            let file = entry?.path();
            if file.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let made: Translation = serde_json::from_str(&fs::read_to_string(file)?)?;
            ensure!(!made.writes.is_empty(), "{} was translated to nothing", made.source);
            let reads: String = made.reads.iter().map(|path| python_text(path) + ", ").collect();
            let pair =
                |(path, copy): &(String, String)| format!("({}, {}), ", python_text(path), python_text(copy));
            let writes: String = made.writes.iter().map(pair).collect();
            let (source, module) = (python_text(&made.source), python_text(&made.module));
            writeln!(values, "    ({source}, {module}): ({}, ({reads}), ({writes})),", made.seconds)?;
            seconds += made.seconds;
        }
        values.push_str("}\n");
        self.write(include_str!("replaying.py"), &values)?;
        Ok(seconds)
    }

    fn write(&self, added: &str, values: &str) -> Result<()> {
        fs::write(&self.main, format!("{}{added}\n\n{values}", self.original))?;
        Ok(())
    }
}

/// Returns text or a path as Python writes it: a string of JSON is one of Python, too.
fn python_text(text: impl AsRef<Path>) -> String {
    serde_json::Value::from(text.as_ref().to_string_lossy()).to_string()
}
