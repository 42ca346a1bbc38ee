//! A project whose sources and header come in several versions, and the correct result of each combination.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::edits::trees;
use crate::environment::run;

const EXTENSIONS: usize = 4;
/// The number of versions of the header, and of each source.
const VERSIONS: usize = 6;

/// The versions in a tree.
#[derive(Clone, Default)]
pub(crate) struct Versions {
    header: usize,
    sources: [usize; EXTENSIONS],
}

impl Versions {
    /// Chooses other versions for about half of the sources, and now and then for the header.
    pub(crate) fn change(&mut self, random: &mut fastrand::Rng) {
        if random.u32(0..4) == 0 {
            self.header = random.usize(0..VERSIONS);
        }
        for source in &mut self.sources {
            if random.bool() {
                *source = random.usize(0..VERSIONS);
            }
        }
    }

    /// Writes the files of the tree that have changed.
    ///
    /// # Errors
    /// If a file can't be written.
    pub(crate) fn write(&self, tree: &Path) -> Result<()> {
        fs::create_dir_all(tree)?;
        let update = |name: &str, text: &str| {
            let path = tree.join(name);
            match fs::read_to_string(&path) {
                Ok(now) if now == text => Ok(()),
                _ => fs::write(path, text),
            }
        };
        update(
            "setup.py",
            &format!(
                "from setuptools import Extension, setup\n\
                 setup(name='versions', version='1', ext_modules=[\n    \
                 Extension('ext%d' % n, ['ext%d.c' % n], depends=['version.h']) for n in range({EXTENSIONS})])\n"
            ),
        )?;
        update("version.h", &format!("#define HEADER {}\n", self.header))?;
        for (number, version) in self.sources.iter().enumerate() {
            update(&format!("ext{number}.c"), &source(number, *version))?;
        }
        Ok(())
    }
}

/// The hash of the correct module of each extension, by the versions of header and source.
pub(crate) struct Truth(HashMap<(usize, usize, usize), String>);

impl Truth {
    /// Builds each combination with setuptools alone, in a separate tree.
    ///
    /// # Errors
    /// If a build fails, or two combinations give the same module.
    pub(crate) fn find(python: &Path, tree: &Path) -> Result<Self> {
        let mut truth = HashMap::new();
        for header in 0..VERSIONS {
            for source in 0..VERSIONS {
                Versions { header, sources: [source; EXTENSIONS] }.write(tree)?;
                run(command(python, tree).args(["setup.py", "--quiet", "build", "--force"]))?;
                let modules = trees::modules(tree)?.into_values();
                truth.extend(modules.enumerate().map(|(n, hash)| ((n, header, source), hash)));
            }
        }
        let mut contents: Vec<_> = truth.values().collect();
        contents.sort_unstable();
        contents.dedup();
        if contents.len() != EXTENSIONS * VERSIONS * VERSIONS {
            bail!("different versions have given the same module: nothing would be judged");
        }
        Ok(Self(truth))
    }

    /// Fails unless the tree has the modules of these versions.
    pub(crate) fn expect(&self, tree: &Path, versions: &Versions) -> Result<()> {
        let found = trees::modules(tree)?;
        if found.len() != EXTENSIONS {
            bail!("{} has {} modules", tree.display(), found.len());
        }
        for (extension, (name, hash)) in found.into_iter().enumerate() {
            if hash != self.0[&(extension, versions.header, versions.sources[extension])] {
                bail!("{}: {name} is not right", tree.display());
            }
        }
        Ok(())
    }

    /// Fails if the tree has a torn module: one that no version gives.
    pub(crate) fn expect_whole(&self, tree: &Path) -> Result<()> {
        for (name, hash) in trees::modules(tree)? {
            if !self.0.values().any(|known| *known == hash) {
                bail!("{}: {name} is half of a module", tree.display());
            }
        }
        Ok(())
    }
}

/// Returns a command that runs in a tree, with the flags that every build of the tree has.
pub(crate) fn command(program: &Path, tree: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(tree).env("CFLAGS", "-g0 -O0").env_remove("PYTHONPATH");
    // Cargo sets it, and a fault that meets the loader's search there is none of ambidex.
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// Returns a source whose object takes more than a megabyte and no time to compile.
fn source(number: usize, version: usize) -> String {
    format!(
        "#include <Python.h>\n\
         #include \"version.h\"\n\
         __asm__(\".pushsection .rodata\\n.fill 150000,8,{version}{number}\\n.popsection\");\n\
         static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, \"ext{number}\", NULL, -1, NULL}};\n\
         PyMODINIT_FUNC PyInit_ext{number}(void)\n\
         {{\n    \
             PyObject *made = PyModule_Create(&module);\n    \
             if (made && PyModule_AddIntConstant(made, \"version\", {version} + 100 * HEADER) < 0)\n        \
                 return NULL;\n    \
             return made;\n\
         }}\n"
    )
}
