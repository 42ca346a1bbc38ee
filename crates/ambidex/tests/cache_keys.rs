//! `ambidex cache-keys`: uv builds again after each change that concerns the build, and after no other.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use support::{Environment, Ran, Workspace, fixture, run, shared_source};

/// Returns the values of one kind of entry in a table as text.
#[track_caller]
fn entries(text: &str, kind: &str) -> BTreeSet<String> {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
    let keys = table["tool"]["uv"]["cache-keys"].as_array().unwrap_or_else(|| panic!("{text}"));
    keys.iter().filter_map(|key| Some(key.get(kind)?.as_str()?.to_owned())).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[track_caller]
fn cache_keys(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let ran = run(workspace.ambidex(&["cache-keys"]).args(arguments)).expect(0);
    workspace.expect_nothing_left_behind();
    ran
}

#[test]
fn the_keys_are_what_the_build_has_read() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    let root = workspace.root();
    fs::write(root.join("README.md"), "nobody reads this\n").unwrap();
    fs::write(root.join("unused.h"), "nobody includes this\n").unwrap();
    workspace.build(&[]);
    let ran = cache_keys(&workspace, &[]);
    let files = ["MANIFEST.in", "common.c", "common.h", "mod1.c", "mod2.c", "pyproject.toml", "setup.py"];
    assert_eq!(entries(&ran.stdout, "file"), set(&files), "{ran}");
    let variables = entries(&ran.stdout, "env");
    assert!(variables.is_superset(&set(&["CC", "CFLAGS", "CPATH", "LDFLAGS"])), "{ran}");
    for noise in ["PATH", "HOME", "LANG", "TMPDIR", "LD_PRELOAD", "AMBIDEX_SOCKET"] {
        assert!(!variables.contains(noise), "{noise}: {ran}");
    }
    // An up-to-date build has read the same.
    workspace.build(&[]);
    assert_eq!(cache_keys(&workspace, &[]).stdout, ran.stdout);
}

#[test]
fn what_python_reads_is_in_the_keys_and_what_the_build_makes_is_not() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    let root = workspace.root();
    fs::create_dir_all(root.join("src/pkg")).unwrap();
    fs::write(root.join("src/pkg/__init__.py"), "").unwrap();
    fs::write(root.join("src/pkg/unpacked.txt"), "").unwrap();
    fs::write(root.join("VERSION"), "1.0\n").unwrap();
    fs::write(root.join("helper.py"), "VALUE = 3\n").unwrap();
    fs::write(root.join("one.c"), "#include <Python.h>\n#include \"made.h\"\nint value = VALUE;\n").unwrap();
    let script = "import os\nfrom setuptools import Extension, setup\nimport helper\n\
        with open('made.h', 'w') as made: made.write('#define VALUE %d\\n' % helper.VALUE)\n\
        fast = os.environ.get('FAST_BUILD')\n\
        setup(name='x', version=open('VERSION').read().strip(), package_dir={'': 'src'}, packages=['pkg'],\n\
        ext_modules=[Extension('one', ['one.c'])])\n";
    fs::write(root.join("setup.py"), script).unwrap();
    workspace.build(&[]);
    let ran = cache_keys(&workspace, &[]);
    let files = ["VERSION", "helper.py", "one.c", "pyproject.toml", "setup.py", "src/pkg/__init__.py"];
    assert_eq!(entries(&ran.stdout, "file"), set(&files), "{ran}");
    assert!(entries(&ran.stdout, "env").contains("FAST_BUILD"), "{ran}");
    assert!(ran.stderr.contains("without made.h: it was written while the build ran"), "{ran}");
}

#[test]
fn the_table_is_written_and_nothing_else() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("pyproject-only"), &environment);
    let file = workspace.root().join("pyproject.toml");
    let before = fs::read_to_string(&file).unwrap() + "\n[tool.other]  # mine\nx  =  1\n";
    fs::write(&file, &before).unwrap();
    workspace.build(&[]);
    let printed = cache_keys(&workspace, &[]).stdout;
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    let ran = cache_keys(&workspace, &["--write"]);
    let after = fs::read_to_string(&file).unwrap();
    assert!(ran.stdout.is_empty() && ran.stderr.contains("cache keys in"), "{ran}");
    assert!(after.starts_with(&before) && after.ends_with(&printed), "{after}");
    cache_keys(&workspace, &["--write"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
    fs::write(&file, "tool = 1\n").unwrap();
    let ran = run(&mut workspace.ambidex(&["cache-keys", "--write"])).expect(2);
    assert!(ran.stderr.contains("tool must be a table"), "{ran}");
}

/// A project that needs another one, which is the example, both installed by uv into a directory.
struct Installed {
    workspace: Workspace,
    uv: PathBuf,
}

impl Installed {
    /// Reports a skip and returns `None` where there is no uv.
    fn new() -> Option<Self> {
        let environment = Environment::with(11, support::NEWEST, &["uv==0.13.9".to_owned()])?;
        let workspace = Workspace::new(&shared_source(), &environment);
        let app = workspace.beside("app");
        fs::create_dir(&app).unwrap();
        let text = format!(
            "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n\
             [project]\nname = 'app'\nversion = '1'\ndependencies = ['shared-source @ file://{}']\n\
             [tool.setuptools]\npy-modules = []\n",
            workspace.root().display()
        );
        fs::write(app.join("pyproject.toml"), text).unwrap();
        fs::create_dir(workspace.beside("uv")).unwrap();
        Some(Self { workspace, uv: environment.programs().join("uv") })
    }

    /// Installs both projects. Returns whether uv has built the example.
    #[track_caller]
    fn builds(&self, variables: &[(&str, &str)]) -> bool {
        let mut command = self.workspace.command(&self.uv);
        command.args(["pip", "install", "--no-build-isolation", "--no-index", "--no-config", "--python"]);
        command.arg(self.uv.with_file_name("python"));
        command.arg("--target").arg(self.workspace.beside("installed")).arg(self.workspace.beside("app"));
        // uv leaves locks among the temporary files.
        command.env("TMPDIR", self.workspace.beside("uv"));
        command.env("UV_CACHE_DIR", self.workspace.beside("uv")).envs(variables.iter().copied());
        let ran = run(&mut command).expect(0);
        ran.stderr.contains("Built shared-source")
    }

    fn append(&self, name: &str, text: &str) {
        let file = self.workspace.root().join(name);
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(file, before + text).unwrap();
    }
}

#[test]
fn uv_builds_after_an_edit_of_a_header_and_not_of_a_readme() {
    let Some(installed) = Installed::new() else { return };
    installed.append("README.md", "read me\n");
    assert!(installed.builds(&[]));
    // Without the table, uv misses the edit.
    installed.append("common.h", "/* edited */\n");
    assert!(!installed.builds(&[]));

    installed.workspace.build(&[]);
    cache_keys(&installed.workspace, &["--write"]);
    assert!(installed.workspace.root().join("pyproject.toml").is_file());
    assert!(installed.builds(&[]), "the table is new");
    assert!(!installed.builds(&[]), "nothing has changed");
    for (name, builds) in [("common.h", true), ("README.md", false), ("mod2.c", true), ("unused.h", false)] {
        installed.append(name, "/* edited */\n");
        assert_eq!(installed.builds(&[]), builds, "{name}");
        assert!(!installed.builds(&[]), "{name} has not changed again");
    }
    assert!(installed.builds(&[("CFLAGS", "-O1")]), "the compiler has other options");
}
