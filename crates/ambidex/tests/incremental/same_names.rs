//! Extensions of several packages whose sources have the same names: commands that differ only in where their outputs
//! are.

use std::fs;

use crate::support::{Counts, Environment, Files, Workspace, differences, run};

const PACKAGES: [&str; 3] = ["a", "b", "c"];

/// How the project builds an extension.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    AsSetuptools,
    /// Python records each command, although nothing may have changed.
    Overridden,
}

/// Returns the source of a module.
fn module(value: &str) -> String {
    format!(
        "#include <Python.h>\n\
         static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, \"x\", {value}, -1, 0}};\n\
         PyMODINIT_FUNC PyInit_x(void) {{ return PyModule_Create(&def); }}\n"
    )
}

fn project(environment: &Environment, way: Way) -> Workspace {
    let original = tempfile::tempdir().expect("there is a temporary folder");
    let workspace = Workspace::new(original.path(), environment);
    for package in PACKAGES {
        let folder = workspace.root().join(package);
        fs::create_dir(&folder).expect("it is ours");
        fs::write(folder.join("x.c"), module(&format!("\"{package}\""))).expect("it is ours");
        fs::write(folder.join("__init__.py"), "").expect("it is ours");
    }
    let overriding =
        "class own(build_ext):\n    def build_extension(self, ext): super().build_extension(ext)\n";
    let setup = format!(
        "from setuptools import Extension, setup\n\
         from setuptools.command.build_ext import build_ext\n{}\
         setup(name='m', cmdclass={{'build_ext': {}}}, packages=['a', 'b', 'c'],\n\
         ext_modules=[Extension(name + '.x', [name + '/x.c']) for name in 'abc'])\n",
        if way == Way::Overridden { overriding } else { "" },
        if way == Way::Overridden { "own" } else { "build_ext" },
    );
    fs::write(workspace.root().join("setup.py"), setup).expect("it is ours");
    workspace
}

#[track_caller]
fn ran(workspace: &Workspace) -> u64 {
    Counts::of(&workspace.build_with_summary(&[])).executed
}

#[test]
fn each_is_up_to_date_at_its_place() {
    let Some(environment) = Environment::usual() else { return };
    for way in [Way::AsSetuptools, Way::Overridden] {
        let workspace = project(&environment, way);
        assert_eq!(ran(&workspace), 6);
        assert_eq!(ran(&workspace), 0);
        fs::write(workspace.root().join("b/x.c"), module("\"another\"")).expect("it is ours");
        assert_eq!(ran(&workspace), 2);
        assert_eq!(ran(&workspace), 0);
        let told = run(&mut workspace.ambidex(&["explain", "-v"])).expect(0);
        for package in PACKAGES {
            assert_eq!(told.stdout.matches(&format!(" ({package}.x)")).count(), 2, "{told}");
        }
        let ours = Files::below(&workspace.root().join("build"))
            .only(|path| path.extension().is_some_and(|e| e == "so"));
        fs::remove_dir_all(workspace.root().join("build")).expect("it is ours");
        workspace.build_serially();
        let plain = Files::below(&workspace.root().join("build"))
            .only(|path| path.extension().is_some_and(|e| e == "so"));
        assert_eq!(differences(&plain, &ours), [""; 0]);
    }
}

/// A command whose output goes to another place now is the same command.
#[test]
fn what_was_made_at_another_place_serves() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = project(&environment, Way::AsSetuptools);
    assert_eq!(ran(&workspace), 6);
    let counts = Counts::of(&workspace.build_with_summary(&["--", "--build-base=another"]));
    assert_eq!(counts.executed, 0, "{counts:?}");
}
