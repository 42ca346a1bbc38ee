//! Translations by Cython that other directories and environments have made.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::places::{isolated_wheel, modules};
use crate::support::{Counts, Environment, Workspace, read_json, run};

/// Makes two empty projects in different directories, with one store and an environment with Cython.
fn two_with_cython() -> Option<[Workspace; 2]> {
    let environment = Environment::with(11, "69.5.1", &["Cython==3.1.8".to_owned()])?;
    let original = tempfile::tempdir().expect("there is a temporary folder");
    let [mut first, mut second] = [0; 2].map(|_| Workspace::new(original.path(), &environment));
    first.store = Some(first.beside("store"));
    second.store.clone_from(&first.store);
    Some([first, second])
}

/// Makes a package whose `.pxd` has a function.
fn write_package(folder: &Path) {
    fs::create_dir_all(folder.join("own")).expect("it is ours");
    fs::write(folder.join("own/__init__.py"), "").expect("it is ours");
    let inline = "cdef inline object twice(object x):\n    return x.y + x\n";
    fs::write(folder.join("own/__init__.pxd"), inline).expect("it is ours");
}

/// Builds `m.pyx`, which uses that function. Fails the test unless this Python, without ambidex, makes the same file of
/// it.
#[track_caller]
fn expect_translated_as_plain(workspace: &Workspace, mut python: Command) {
    let root = workspace.root();
    let source = "from own cimport twice\ndef work(x): return twice(x)\n";
    fs::write(root.join("m.pyx"), source).expect("it is ours");
    let text = || fs::read_to_string(root.join("m.c")).expect("Cython has made it");
    workspace.build(&[]);
    let ours = text();
    assert!(ours.contains("own/__init__.pxd"));
    fs::remove_file(root.join("m.c")).expect("it is there");
    run(python.args(["setup.py", "build_ext", "--force"])).expect(0);
    assert!(ours == text(), "{}", root.display());
}

/// How a directory lies to a file outside is no path of a role, and still another one elsewhere: Cython names such a file
/// by the shorter of its absolute and its relative path.
#[test]
fn a_generated_file_with_a_relative_path() {
    let Some([first, mut second]) = two_with_cython() else { return };
    fs::create_dir(second.beside("deeper")).expect("it is ours");
    second.rename("deeper/project");
    let outside = first.beside("outside");
    write_package(&outside);
    let setup = format!(
        "from setuptools import Extension, setup\n\
         from Cython.Build import cythonize\n\
         setup(name='m', ext_modules=cythonize([Extension('m', ['m.pyx'])], language_level=3, \
         include_path=['{}']))\n",
        outside.display()
    );
    for workspace in [&first, &second] {
        let root = workspace.root();
        fs::write(root.join("setup.py"), &setup).expect("it is ours");
        expect_translated_as_plain(workspace, workspace.python(&[]));
    }
}

/// Cython names what is below the working directory by a relative path, so it counts where the environment is.
#[test]
fn a_generated_file_and_an_environment_in_the_project() {
    for is_inside in [[true, false], [false, true]] {
        let Some(mut workspaces) = two_with_cython() else { return };
        let Some(usual) = Environment::with(11, "69.5.1", &["Cython==3.1.8".to_owned()]) else { return };
        // A path below the directory for temporary files would have a role.
        let store =
            tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written");
        for (workspace, is_inside) in workspaces.iter_mut().zip(is_inside) {
            let root = workspace.root();
            let folder = if is_inside { root.join(".venv") } else { workspace.beside("environment") };
            let own = Environment::empty(&usual.python(), &folder);
            workspace.put_first_on_path(&own.programs());
            workspace.store = Some(store.path().to_owned());
            let modules = own.site_packages();
            let line = usual.site_packages().display().to_string();
            fs::write(modules.join("usual.pth"), line).expect("it is ours");
            write_package(&modules);
            let setup = "from setuptools import Extension, setup\nfrom Cython.Build import cythonize\n\
                         setup(name='m', ext_modules=cythonize([Extension('m', ['m.pyx'])], language_level=3))\n";
            fs::write(root.join("setup.py"), setup).expect("it is ours");
            expect_translated_as_plain(workspace, workspace.command(own.python()));
        }
    }
}

/// Cython writes paths of its arguments as JSON, in which a quote has another form.
#[test]
fn a_generated_file_with_a_path_in_another_notation() {
    let Some([mut first, mut second]) = two_with_cython() else { return };
    first.rename("one\"two");
    second.rename("three\"four");
    for workspace in [&first, &second] {
        let root = workspace.root();
        let setup = "import os\nfrom setuptools import Extension, setup\nfrom Cython.Build import cythonize\n\
                     setup(name='m', ext_modules=cythonize([Extension('m', ['m.pyx'], \
                     include_dirs=[os.path.abspath('include')])], language_level=3))\n";
        fs::write(root.join("setup.py"), setup).expect("it is ours");
        fs::write(root.join("m.pyx"), "def f(): return 1\n").expect("it is ours");
        workspace.build(&[]);
        let text = fs::read_to_string(root.join("m.c")).expect("Cython has made it");
        let name = workspace.root().file_name().expect("it has one").to_string_lossy().replace('"', "\\\"");
        assert!(text.contains(&name), "{name}");
    }
}

/// Returns the numbers of translations that ran and that came from the cache, of the last build with a summary.
fn translations(summary: &Path) -> (u64, u64) {
    let counts = &read_json(summary)["translations"];
    (counts["executed"].as_u64().expect("a count"), counts["cached"].as_u64().expect("a count"))
}

/// Each isolated build has its own environment: its `sitecustomize.py` has the path in its text, and its modules are
/// unpacked and compiled to byte code at another time.
#[test]
fn translations_in_isolated_builds() {
    let Some(environment) = Environment::usual() else { return };
    let original = tempfile::tempdir().expect("there is a temporary folder");
    let write = |name: &str, text: &str| fs::write(original.path().join(name), text).expect("it is ours");
    write(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools==69.5.1', 'Cython==3.1.8']\n\
         build-backend = 'setuptools.build_meta'\n",
    );
    write(
        "setup.py",
        "from Cython.Build import cythonize\n\
         from setuptools import Extension, setup\n\
         setup(name='shared_source', ext_modules=cythonize([Extension('m', ['m.pyx'])], language_level=3))\n",
    );
    write(
        "m.pyx",
        "from libc.stdint cimport int64_t\ncdef class A:\n    cdef int64_t x\n    def f(self): return self.x\n",
    );
    let mut workspace = Workspace::new(original.path(), &environment);
    workspace.store = Some(workspace.beside("store"));
    let summary = workspace.beside("summary.json");
    for expected in [(1, 0), (0, 1)] {
        workspace.copy_again();
        let Some(ran) = isolated_wheel(&workspace, &summary) else { return };
        assert_eq!(translations(&summary), expected, "{ran}");
        let counts = Counts::of(&read_json(&summary));
        assert_eq!(counts.executed, 2 * u64::from(expected == (1, 0)), "{counts:?}\n{ran}");
        assert!(modules(&workspace).has("m."));
    }
}

/// A function that a `sitecustomize` leaves may run in a translation. One that has only changed something else has done
/// its work.
#[test]
fn translations_and_what_customizes_python() {
    let packages = ["Cython==3.1.8".to_owned()];
    let Some(environment) = Environment::with(11, "69.5.1", &packages) else { return };
    let original = tempfile::tempdir().expect("there is a temporary folder");
    let mut workspace = Workspace::new(original.path(), &environment);
    let setup = "from setuptools import Extension, setup\nfrom Cython.Build import cythonize\n\
                 setup(name='m', ext_modules=cythonize([Extension('m', ['m.pyx'])], language_level=3))\n";
    let folder = workspace.beside("custom");
    fs::create_dir(&folder).expect("it is ours");
    workspace.store = Some(workspace.beside("store"));
    let summary = workspace.beside("summary.json");
    let cases = [
        ("def kept(): return 1\n", (1, 0)),
        ("def kept(): return 2\n", (1, 0)),
        ("import sys\nlist(1 for _ in sys.path)  # 1\n", (1, 0)),
        ("import sys\nlist(1 for _ in sys.path)  # 2\n", (0, 1)),
    ];
    for (text, expected) in cases {
        workspace.copy_again();
        fs::write(workspace.root().join("setup.py"), setup).expect("it is ours");
        fs::write(workspace.root().join("m.pyx"), "def f(): return 1\n").expect("it is ours");
        fs::write(folder.join("sitecustomize.py"), text).expect("it is ours");
        let mut command = workspace.ambidex(&["build", "--summary"]);
        let ran = run(command.arg(&summary).env("PYTHONPATH", &folder)).expect(0);
        assert_eq!(translations(&summary), expected, "{text}{ran}");
    }
}

/// With Cython installed, setuptools imports it in each build. What it would need to know for translations takes longer
/// than a build without any, and is left out in the next one.
#[test]
fn a_project_that_begins_to_use_cython() {
    let packages = ["Cython==3.1.8".to_owned()];
    let Some(environment) = Environment::with(11, "69.5.1", &packages) else { return };
    let original = tempfile::tempdir().expect("there is a temporary folder");
    let workspace = Workspace::new(original.path(), &environment);
    let write = |name: &str, text: &str| fs::write(workspace.root().join(name), text).expect("it is ours");
    let remembered = workspace.root().join("build/.ambidex/translates-nothing");
    let recorded = || {
        let summary = workspace.build_with_summary(&["-j2"]);
        summary["translations"]["recorded"].as_u64().expect("a count")
    };
    let c = "#include <Python.h>\nstatic struct PyModuleDef d = {PyModuleDef_HEAD_INIT, \"c\"};\n\
             PyMODINIT_FUNC PyInit_c(void) { return PyModule_Create(&d); }\n";
    write("c.c", c);
    write(
        "setup.py",
        "from setuptools import Extension, setup\nsetup(name='c', ext_modules=[Extension('c', ['c.c'])])\n",
    );
    assert_eq!((recorded(), recorded()), (0, 0));
    assert!(remembered.exists());

    write("m.pyx", "def f(): return 1\n");
    write(
        "setup.py",
        "from setuptools import Extension, setup\n\
         setup(name='c', ext_modules=[Extension('c', ['c.c']), Extension('m', ['m.pyx'])])\n",
    );
    assert_eq!(recorded(), 0, "Python translates by itself");
    assert!(!remembered.exists() && workspace.root().join("m.c").exists());
    write("i.pxi", "def g(): return 1\n");
    write("m.pyx", "include 'i.pxi'\n");
    assert_eq!(recorded(), 1);
    assert!(!remembered.exists());

    // The same if nothing that has a translation is edited, and only as long as that is so.
    assert_eq!(recorded(), 0);
    assert!(remembered.exists());
    write("c.c", &format!("{c}int c;\n"));
    assert_eq!(recorded(), 0);
    assert!(remembered.exists());
    for edited in ["m.pyx", "i.pxi"] {
        let text = fs::read_to_string(workspace.root().join(edited)).expect("it is there");
        write(edited, &format!("{text}# more\n"));
        assert_eq!(recorded(), 1, "{edited}");
        assert!(!remembered.exists());
        assert_eq!(recorded(), 0);
        assert!(remembered.exists());
    }
    fs::remove_file(workspace.root().join("m.c")).expect("it is there");
    assert_eq!(recorded(), 1);
}
