//! Extensions that are up to date as a whole: Python does not come to their commands, and nobody can tell.

use serde_json::Value;

use crate::support::{ALL, Edited, read_json};

/// The names of the extensions whose commands were recorded, as setuptools announces them.
#[track_caller]
fn recorded(project: &Edited) -> Vec<String> {
    let (ran, _) = project.builds();
    let announced =
        |line: &str| Some(line.strip_prefix("building '")?.strip_suffix("' extension")?.to_owned());
    ran.stdout.lines().filter_map(announced).collect()
}

fn summary(project: &Edited) -> Value {
    read_json(&project.workspace.beside("summary.json"))
}

/// Puts a line behind the call of `setup()`.
fn afterwards(project: &Edited, code: &str) {
    project.append("setup.py", &format!("\n{code}\n"));
}

#[test]
fn what_is_up_to_date_is_not_recorded_and_counts_all_the_same() {
    let Some(project) = Edited::built() else { return };
    let first = summary(&project);
    assert!(recorded(&project).is_empty());
    let second = summary(&project);
    assert_eq!(first["commands"]["recorded"], second["commands"]["recorded"]);
    assert_eq!(first["commands"]["distinct"], second["commands"]["distinct"]);
    assert_eq!(first["hazards"], second["hazards"]);
    assert_eq!(second["hazards"]["renamed"], 1, "{second:#}");
}

#[test]
fn what_has_changed_is_recorded_alone() {
    let Some(project) = Edited::built() else { return };
    project.append("three.c", "int four(void) { return 4; }\n");
    assert_eq!(recorded(&project), ["three"]);
    assert_eq!(project.counts().executed, 2);
    // Two of three write one object, of which one is spared.
    project.append("one.c", "int more(void) { return 1; }\n");
    recorded(&project);
    assert_eq!(summary(&project)["hazards"]["renamed"], 1);
    assert!(recorded(&project).is_empty());
    project.append("far/both.h", "#define MORE 1\n");
    assert_eq!(recorded(&project), ["one", "two"]);
    assert!(recorded(&project).is_empty());
}

#[test]
fn python_finds_the_objects_of_extensions_that_were_spared() {
    let Some(project) = Edited::new() else { return };
    afterwards(
        &project,
        "import glob, os\n\
         if os.path.exists('look'):\n    \
             for name in sorted(glob.glob('build/temp*/*.o')):\n        \
                 print('object', name, os.path.getsize(name))",
    );
    let objects = || {
        let (ran, counts) = project.builds();
        let lines = ran.stdout.lines().filter(|line| line.starts_with("object "));
        (lines.map(str::to_owned).collect::<Vec<_>>(), counts.executed)
    };
    assert_eq!(objects(), (Vec::new(), ALL));
    project.write("look", "");
    let (found, executed) = objects();
    assert_eq!((found.len(), executed), (4, 0), "{found:#?}");
    assert_eq!(objects(), (found, 0));
}

#[test]
fn an_extension_that_reads_another_ones_object_is_recorded() {
    let Some(project) = Edited::new() else { return };
    project.replace(
        "setup.py",
        "from setuptools import",
        "import sysconfig, sys, os\nfrom setuptools import",
    );
    let object = "\"build/temp.%s-%s/three.o\" % (sysconfig.get_platform(), sys.implementation.cache_tag)";
    project.replace("setup.py", "    ext_modules=[\n", &format!("    ext_modules=[\n        Extension(\"a\", [\"three.c\"]),\n        Extension(\"b\", [\"one.c\"], include_dirs=FOLDERS, define_macros=[(\"LEVEL\", \"1\")], extra_objects=[{object}]),\n"));
    // `three` is built twice, to one object, which `b` reads between the two.
    let names = recorded(&project);
    assert_eq!(names, ["a", "b", "one", "two", "three"]);
    let again = recorded(&project);
    assert!(again.contains(&"b".to_owned()), "{again:?}");
    assert_eq!(project.counts().executed, 0);
    project.append("three.c", "int four(void) { return 4; }\n");
    recorded(&project);
    // The object, and the three modules it is in.
    assert_eq!(project.counts().executed, 4);
}

#[test]
fn an_object_of_a_spared_extension_is_there_for_one_that_comes_to_read_it() {
    let Some(project) = Edited::new() else { return };
    // What is linked depends on a file, not on code that has changed.
    project.replace("setup.py", "from setuptools import", "import glob, os\nfrom setuptools import");
    project.replace(
        "setup.py",
        "        Extension(\"three\", [\"three.c\"]),",
        "        Extension(\"three\", [\"three.c\"], extra_link_args=open(\"more\").read().split()),",
    );
    project.write("more", "");
    project.builds();
    let objects = |name: &str| format!("build/temp.{name}/common.o");
    let name = std::fs::read_dir(project.root().join("build")).unwrap().find_map(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        name.strip_prefix("temp.").map(str::to_owned)
    });
    project.write("more", &objects(&name.expect("a folder for objects")));
    assert_eq!(recorded(&project), ["three"]);
    assert_eq!(project.counts().executed, 1);
}

/// Code of the project that has a hand in every command.
const PATCH: &str = "import os, sys\nfrom distutils import ccompiler\n\
    base = sys.modules[ccompiler.CCompiler.__module__]\noriginal = base.gen_preprocess_options\n\
    base.gen_preprocess_options = lambda *args: original(*args) + ['-DLEVEL_OF_ALL=' + LEVEL]\n";

fn patched(level: &str) -> Option<Edited> {
    let project = Edited::new()?;
    project.write("patch.py", &format!("{PATCH}LEVEL = {level}\n"));
    project.replace(
        "setup.py",
        "from setuptools import",
        "import sys\nsys.path.insert(0, '.')\nfrom setuptools import",
    );
    project.replace("setup.py", "FOLDERS =", "import patch\n\nFOLDERS =");
    project.write("three.c", "int three(void) { return LEVEL_OF_ALL; }\n");
    project.builds();
    assert!(recorded(&project).is_empty());
    Some(project)
}

#[test]
fn code_that_changes_is_run() {
    let Some(project) = patched("'1'") else { return };
    project.replace("patch.py", "'1'", "'2'");
    assert_eq!(recorded(&project).len(), 3);
    assert!(recorded(&project).is_empty());
}

#[test]
fn code_that_looks_at_a_variable_that_changes_is_run() {
    let Some(mut project) = patched("os.environ.get('LEVEL', '1')") else { return };
    project.set("LEVEL", "2");
    assert_eq!(recorded(&project).len(), 3);
}

#[test]
fn explanations_of_what_was_spared() {
    let Some(project) = Edited::built() else { return };
    assert!(recorded(&project).is_empty());
    let told = crate::support::run(&mut project.workspace.ambidex(&["explain"])).expect(0);
    assert_eq!(told.stdout.matches("everything it depends on is what it was").count(), 8, "{told}");
}
