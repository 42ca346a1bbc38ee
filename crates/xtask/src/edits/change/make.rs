//! The code that makes each kind of edit.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::{Added, Changes, DAY, FIRST, Kind, append, used_once};
use crate::edits::trees::Trees;

/// Returns whether Cython reads a file.
fn is_cythons(name: &str) -> bool {
    [".pyx", ".pxd", ".pxi"].iter().any(|ending| name.ends_with(ending))
}

fn sources(trees: &Trees, ending: &str) -> Vec<String> {
    trees.sources().filter(|name| name.ends_with(ending)).cloned().collect()
}

impl Changes {
    pub(super) fn add_function(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(name) = self.one_of(&self.compiled.clone()) else { return Ok(None) };
        let function = if name.ends_with(".pyx") {
            format!("\ndef edit_{number}():\n    return {number}\n")
        } else {
            format!("\nint edit_{number}(void) {{ return {number}; }}\n")
        };
        append(trees, &name, &function)?;
        Ok(Some(name))
    }

    pub(super) fn add_comment(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(name) = self.one_of(&self.compiled.clone()) else { return Ok(None) };
        let comment =
            if name.ends_with(".pyx") { format!("# {number}\n") } else { format!("/* {number} */\n") };
        append(trees, &name, &comment)?;
        Ok(Some(name))
    }

    pub(super) fn add_directive(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let Some(name) = self.one_of(&self.translated()) else { return Ok(None) };
        let directives = ["boundscheck", "wraparound", "cdivision", "initializedcheck", "embedsignature"];
        let (directive, value) = (directives[self.rng.usize(..directives.len())], self.rng.bool());
        let value = if value { "True" } else { "False" };
        let text = format!("# cython: {directive}={value}\n{}", trees.read(&name)?);
        trees.write(&name, text.as_bytes(), SystemTime::now())?;
        Ok(Some(name))
    }

    pub(super) fn declare(&mut self, kind: Kind, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(name) = self.one_of(&sources(trees, ".pxd")) else { return Ok(None) };
        let text = if kind == Kind::Declaration {
            format!("\nctypedef int edit_{number}\n")
        } else {
            format!("# {number}\n")
        };
        append(trees, &name, &text)?;
        Ok(Some(name))
    }

    /// Adds a function to a file that a Cython source includes. The first time, creates such a file.
    pub(super) fn edit_part(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let function = format!("\ndef edit_{0}():\n    return {0}\n", self.number);
        if let Some(name) = self.one_of(&sources(trees, "_edits.pxi")) {
            append(trees, &name, &function)?;
            return Ok(Some(name));
        }
        let Some(source) = self.one_of(&self.translated()) else { return Ok(None) };
        let name = source.replace(".pyx", "_edits.pxi");
        trees.write(&name, function.as_bytes(), SystemTime::now())?;
        let base = Path::new(&name).file_name().context("it is a file")?.to_string_lossy().into_owned();
        append(trees, &source, &format!("\ninclude {base:?}\n"))?;
        Ok(Some(name))
    }

    /// Returns the sources that Cython translates.
    fn translated(&self) -> Vec<String> {
        self.compiled.iter().filter(|name| name.ends_with(".pyx")).cloned().collect()
    }

    pub(super) fn edit_header(&mut self, kind: Kind, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(name) = self.one_of(&self.headers.clone()) else { return Ok(None) };
        let text = if kind == Kind::Header { used_once(number) } else { format!("/* {number} */\n") };
        append(trees, &name, &text)?;
        Ok(Some(name))
    }

    pub(super) fn define_macro(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(extension) = self.one_of(&self.extensions.clone()) else { return Ok(None) };
        let value = format!("[\"EDIT\", \"{number}\"]");
        self.set(trees, &extension, "define_macros", &value)?;
        Ok(Some(extension))
    }

    pub(super) fn add_argument(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let Some(extension) = self.one_of(&self.extensions.clone()) else { return Ok(None) };
        let arguments = [
            ("extra_link_args", "\"-Wl,-z,now\""),
            ("extra_link_args", "\"-Wl,--build-id=sha1\""),
            ("extra_compile_args", "\"-fno-builtin\""),
            ("extra_compile_args", "\"-fno-common\""),
        ];
        let (attribute, value) = arguments[self.rng.usize(..arguments.len())];
        self.set(trees, &extension, attribute, value)?;
        Ok(Some(format!("{extension} {value}")))
    }

    pub(super) fn add_unrelated_header(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(beside) = self.one_of(&self.compiled.clone()) else { return Ok(None) };
        let folder = Path::new(&beside).parent().unwrap_or(Path::new(""));
        let name = folder.join(format!("unrelated_{number}.h")).to_string_lossy().into_owned();
        trees.write(&name, used_once(number).as_bytes(), SystemTime::now())?;
        self.added.push(Added::File(name.clone()));
        Ok(Some(name))
    }

    pub(super) fn shadow_header(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(header) = self.one_of(&self.included_by_name.clone()) else { return Ok(None) };
        let name = format!("{FIRST}/{header}");
        if trees.source(&name).is_some() {
            return Ok(None);
        }
        let text = format!("#include_next <{header}>\n{}", used_once(number));
        trees.write(&name, text.as_bytes(), SystemTime::now())?;
        self.added.push(Added::File(name.clone()));
        Ok(Some(name))
    }

    pub(super) fn add_source(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let number = self.number;
        let Some(extension) = self.one_of(&self.extensions.clone()) else { return Ok(None) };
        let name = format!("edits/new_{number}.c");
        let text = format!("int edit_{number}(void) {{ return {number}; }}\n");
        trees.write(&name, text.as_bytes(), SystemTime::now())?;
        self.set(trees, &extension, "sources", &format!("{name:?}"))?;
        let setting = self.added.pop();
        if let Some(Added::Setting(setting)) = setting {
            self.added.push(Added::Source(name.clone(), setting));
        }
        Ok(Some(format!("{extension} {name}")))
    }

    pub(super) fn touch(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        let mut names = [self.compiled.clone(), self.headers.clone(), sources(trees, ".pxd")].concat();
        names.push("setup.py".to_owned());
        let Some(name) = self.one_of(&names) else { return Ok(None) };
        let now = SystemTime::now();
        // Modification times decide whether a file is generated again.
        let times = if is_cythons(&name) { vec![now] } else { vec![now, now - DAY, now + DAY] };
        trees.touch(&name, times[self.rng.usize(..times.len())])?;
        Ok(Some(name))
    }

    pub(super) fn remove(&mut self, trees: &mut Trees) -> Result<Option<String>> {
        if self.added.is_empty() {
            return Ok(None);
        }
        let added = self.added.swap_remove(self.rng.usize(..self.added.len()));
        let (file, setting) = match added {
            Added::File(file) => (Some(file), None),
            Added::Setting(setting) => (None, Some(setting)),
            Added::Source(file, setting) => (Some(file), Some(setting)),
        };
        if let Some(setting) = &setting {
            self.settings.retain(|known| known != setting);
            self.write_settings(trees)?;
        }
        if let Some(file) = &file {
            trees.remove(file)?;
        }
        Ok(file.or(setting))
    }

    pub(super) fn restore(&mut self, trees: &mut Trees, with_time: bool) -> Result<Option<String>> {
        let mut names = trees.edited();
        // Modification times decide whether a file is generated again. And setup.py must match the sources that exist.
        names.retain(|name| name != "setup.py" && !(with_time && is_cythons(name)));
        let Some(name) = self.one_of(&names) else { return Ok(None) };
        let older = trees.older(&name);
        let (content, time) = older[self.rng.usize(..older.len())].clone();
        trees.write(&name, &content, if with_time { time } else { SystemTime::now() })?;
        Ok(Some(name))
    }

    /// Removes or damages an output in the tree that is built incrementally.
    pub(super) fn harm(
        &mut self,
        trees: &Trees,
        outputs: &[std::path::PathBuf],
        lose: bool,
    ) -> Result<Option<String>> {
        let Some(file) = self.rng.choice(outputs) else { return Ok(None) };
        if lose {
            fs::remove_file(file)?;
        } else {
            let mut bytes = fs::read(file)?;
            let at = self.rng.usize(..bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x55;
            }
            fs::write(file, bytes)?;
        }
        Ok(Some(file.strip_prefix(trees.here())?.to_string_lossy().into_owned()))
    }

    fn one_of(&mut self, names: &[String]) -> Option<String> {
        self.rng.choice(names).cloned()
    }

    /// Adds a value to an attribute of an extension. The value is written as in Python and JSON.
    pub(super) fn set(
        &mut self,
        trees: &mut Trees,
        extension: &str,
        attribute: &str,
        value: &str,
    ) -> Result<()> {
        let setting = format!("[{extension:?}, {attribute:?}, {value}]");
        if attribute == "define_macros" {
            // Drops any other value of the same macro.
            let same = format!("[{extension:?}, {attribute:?}, [");
            self.settings.retain(|known| !known.starts_with(&same));
            self.added.retain(|added| !matches!(added, Added::Setting(known) if known.starts_with(&same)));
        }
        if !self.settings.contains(&setting) {
            self.settings.push(setting.clone());
            if extension != "*" {
                self.added.push(Added::Setting(setting));
            }
        }
        self.write_settings(trees)
    }

    fn write_settings(&self, trees: &mut Trees) -> Result<()> {
        let text = trees.read("setup.py")?;
        let line = text.lines().find(|line| line.starts_with("EDITS = ")).context("setup.py was prepared")?;
        let text = text.replacen(line, &format!("EDITS = [{}]", self.settings.join(", ")), 1);
        trees.write("setup.py", text.as_bytes(), SystemTime::now())?;
        // Cython writes an extension's settings into the code that it generates, and does not notice when they change.
        for name in sources(trees, ".pyx") {
            trees.touch(&name, SystemTime::now())?;
        }
        Ok(())
    }
}
