//! Extensions that are up to date as a whole: Python doesn't reach their commands, and the build looks the same from
//! outside.

use serde_json::Value;

use crate::support::{ALL, Edited, read_json};

/// Returns the names of the extensions whose commands were recorded, as setuptools announces them.
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

/// Returns the name of the directory below `build` in which setuptools keeps its objects.
#[track_caller]
fn folder_of_objects(project: &Edited) -> String {
    let names =
        std::fs::read_dir(project.root().join("build")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = names.map(|name| name.to_string_lossy().into_owned());
    names.find(|name| name.starts_with("temp.")).expect("a folder for objects")
}

/// Puts code after the call of `setup()`.
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
fn two_terminals_in_turn_are_both_up_to_date() {
    let Some(mut project) = Edited::built() else { return };
    for terminal in ["1", "2"] {
        project.set("WINDOWID", terminal);
        // Python code may look at any variable.
        assert_eq!(recorded(&project), ["one", "two", "three"]);
        assert_eq!(project.counts().executed, 0);
    }
    for terminal in ["1", "2", "1"] {
        project.set("WINDOWID", terminal);
        assert!(recorded(&project).is_empty(), "{terminal}");
    }
}

#[test]
fn what_has_changed_is_recorded_alone() {
    let Some(project) = Edited::built() else { return };
    project.append("three.c", "int four(void) { return 4; }\n");
    assert_eq!(recorded(&project), ["three"]);
    assert_eq!(project.counts().executed, 2);
    // Two of the three extensions write one object, and one of those two is spared.
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
         if os.path.exists('flags/look'):\n    \
             for name in sorted(glob.glob('build/temp*/*.o')):\n        \
                 print('object', name, os.path.getsize(name))",
    );
    let objects = || {
        let (ran, counts) = project.builds();
        let lines = ran.stdout.lines().filter(|line| line.starts_with("object "));
        (lines.map(str::to_owned).collect::<Vec<_>>(), counts.executed)
    };
    assert_eq!(objects(), (Vec::new(), ALL));
    project.write("flags/look", "");
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
    // Two extensions compile `three.c` to one object, which `b` reads in between.
    let names = recorded(&project);
    assert_eq!(names, ["a", "b", "one", "two", "three"]);
    let again = recorded(&project);
    assert!(again.contains(&"b".to_owned()), "{again:?}");
    assert_eq!(project.counts().executed, 0);
    project.append("three.c", "int four(void) { return 4; }\n");
    recorded(&project);
    // The object and the three modules that contain it.
    assert_eq!(project.counts().executed, 4);
}

#[test]
fn an_object_of_a_spared_extension_is_there_for_one_that_comes_to_read_it() {
    let Some(project) = Edited::new() else { return };
    // The list of linked files depends on a file, not on code that has changed.
    project.replace("setup.py", "from setuptools import", "import glob, os\nfrom setuptools import");
    project.replace(
        "setup.py",
        "        Extension(\"three\", [\"three.c\"]),",
        "        Extension(\"three\", [\"three.c\"], extra_link_args=open(\"more\").read().split()),",
    );
    project.write("more", "");
    project.builds();
    project.write("more", &format!("build/{}/common.o", folder_of_objects(&project)));
    assert_eq!(recorded(&project), ["three"]);
    assert_eq!(project.counts().executed, 1);
}

/// Fails the test unless all extensions are recorded when the project's code has a hand in every command. Such code may
/// depend on anything.
fn expect_recorded(code: &str, level: &str) {
    let Some(project) = Edited::new() else { return };
    project.write("data/level", "1");
    project.write("three.c", "int three(void) { return LEVEL_OF_ALL; }\n");
    project.replace("setup.py", "FOLDERS =", &format!("LEVEL = {level}\n{code}\nFOLDERS ="));
    project.builds();
    assert_eq!(recorded(&project).len(), 3);
    assert_eq!(project.counts().executed, 0);
    project.write("data/level", "2");
    assert_eq!(recorded(&project).len(), 3);
    assert!(project.counts().executed > 0);
}

#[test]
fn functions_that_a_project_has_replaced_are_run() {
    expect_recorded(
        "import sys\nfrom distutils import ccompiler\n\
         base = sys.modules[ccompiler.CCompiler.__module__]\noriginal = base.gen_preprocess_options\n\
         base.gen_preprocess_options = lambda *args: original(*args) + ['-DLEVEL_OF_ALL=' + LEVEL]\n",
        "open('data/level').read()",
    );
}

#[test]
fn methods_that_a_project_has_replaced_under_a_borrowed_name_are_run() {
    expect_recorded(
        "import functools\nfrom distutils.ccompiler import CCompiler\noriginal = CCompiler._get_cc_args\n\
         @functools.wraps(original)\n\
         def replaced(*args):\n    return original(*args) + ['-DLEVEL_OF_ALL=' + LEVEL]\n\
         CCompiler._get_cc_args = replaced\n",
        "open('data/level').read()",
    );
}

#[test]
fn classes_that_look_for_themselves_are_run() {
    expect_recorded(
        "import setuptools.command.build_ext as module\n\
         class build_ext(module.build_ext):\n    \
             def get_libraries(self, ext):\n        \
                 self.compiler.define_macro('LEVEL_OF_ALL', LEVEL)\n        \
                 return super().get_libraries(ext)\n    \
             def swig_sources(self, sources, ext):\n        \
                 self.compiler.define_macro('LEVEL_OF_ALL', LEVEL)\n        \
                 return super().swig_sources(sources, ext)\n\
         module.build_ext = build_ext\nimport distutils.core\n_setup = setup\n\
         def setup(**given):\n    _setup(cmdclass={'build_ext': build_ext}, **given)\n",
        "open('data/level').read()",
    );
}

#[test]
fn code_that_the_library_holds_for_a_project_is_run() {
    expect_recorded(
        "import contextlib, sys\nfrom distutils import ccompiler\n\
         base = sys.modules[ccompiler.CCompiler.__module__]\noriginal = base.gen_preprocess_options\n\
         @contextlib.contextmanager\n\
         def adding():\n    yield\n\
         @adding()\n\
         def replaced(*args):\n    return original(*args) + ['-DLEVEL_OF_ALL=' + LEVEL]\n\
         base.gen_preprocess_options = replaced\n",
        "open('data/level').read()",
    );
}

#[test]
fn attributes_that_a_project_computes_are_looked_at() {
    expect_recorded(
        "import os\nos.environ['CFLAGS'] += ' -DLEVEL_OF_ALL=0'\n\
         from setuptools.command.build_ext import build_ext\n\
         class Computing(build_ext):\n    \
             debug = property(lambda self: int(LEVEL) > 1, lambda self, value: None)\n\
         _setup = setup\n\
         def setup(**given):\n    _setup(cmdclass={'build_ext': Computing}, **given)\n",
        "open('data/level').read()",
    );
}

#[test]
fn attributes_of_extensions_are_asked_for_no_more_often_than_without() {
    let Some(project) = Edited::new() else { return };
    project.replace(
        "setup.py",
        "FOLDERS =",
        "class Once(Extension):\n    \
             @property\n    \
             def extra_objects(self):\n        \
                 value, self.value = self.value, None\n        return list(value)\n    \
             @extra_objects.setter\n    \
             def extra_objects(self, value):\n        self.value = value\n\n\
         FOLDERS =",
    );
    project.replace("setup.py", "Extension(\"three\"", "Once(\"three\"");
    project.builds();
    project.builds();
}

#[test]
fn an_output_folder_that_leads_elsewhere_gets_its_modules() {
    let Some(project) = Edited::new() else { return };
    let root = project.root();
    let lead = |to: &str| {
        let _ = std::fs::remove_file(root.join("out"));
        std::fs::create_dir_all(root.join(to)).unwrap();
        std::os::unix::fs::symlink(to, root.join("out")).unwrap();
    };
    project.write("setup.cfg", "[build]\nbuild_lib = out\n");
    let modules = |folder: &str| std::fs::read_dir(root.join(folder)).unwrap().count();
    for folder in ["first", "first", "second"] {
        lead(folder);
        crate::support::run(&mut project.ambidex()).expect(0);
        assert_eq!(modules(folder), 3, "{folder}");
    }
}

#[test]
fn response_files_are_read() {
    let Some(project) = Edited::new() else { return };
    project.write("data/flags", "-DLEVEL_OF_ALL=1\n");
    project.write("three.c", "int three(void) { return LEVEL_OF_ALL; }\n");
    project.replace("setup.py", "[\"three.c\"]", "[\"three.c\"], extra_compile_args=[\"@data/flags\"]");
    project.builds();
    assert_eq!(recorded(&project), ["three"]);
    assert_eq!(project.counts().executed, 0);
    project.write("data/flags", "-DLEVEL_OF_ALL=2\n");
    project.builds();
    assert_eq!(project.counts().executed, 2);
}

#[test]
fn what_python_writes_between_two_builds_counts() {
    let Some(project) = Edited::new() else { return };
    let setup = "import os\nfrom setuptools import Extension, setup\n\
        os.makedirs('inc', exist_ok=True)\n\
        for number, text in enumerate(['1', open('data/level').read()]):\n    \
            open('inc/level.h', 'w').write('#define LEVEL_OF_ALL ' + text + '\\n')\n    \
            setup(name='twice', version='1', script_args=['-q', 'build_ext', '-b', 'build/lib%d' % number, '-t', \
                'build/temp%d' % number], ext_modules=[Extension('three', ['three.c'], include_dirs=['inc'])])\n";
    project.write("setup.py", setup);
    project.write("data/level", "1");
    project.write("three.c", "#include \"level.h\"\nint three(void) { return LEVEL_OF_ALL; }\n");
    for level in ["1", "1", "2", "2", "1"] {
        project.write("data/level", level);
        project.builds();
    }
}

#[test]
fn a_process_of_python_finds_the_objects_of_extensions_that_were_spared() {
    let Some(project) = Edited::new() else { return };
    afterwards(
        &project,
        "import glob, os, subprocess\n\
         if os.path.exists('flags/look'):\n    \
             folder, = glob.glob('build/temp*')\n    \
             subprocess.check_call(['test', '-s', folder + '/three.o'])",
    );
    project.builds();
    project.write("flags/look", "");
    project.builds();
    assert_eq!(project.counts().executed, 0);
    // If the directory is gone, Python makes it again before anything is compiled.
    std::fs::remove_dir_all(project.root().join("build").join(folder_of_objects(&project))).unwrap();
    project.append("one.c", "int more(void) { return 1; }\n");
    project.builds();
}

#[test]
fn an_object_is_not_replaced_before_an_earlier_extension_has_read_it() {
    let Some(project) = Edited::new() else { return };
    let extension = |name: &str| {
        format!(
            "        Extension(\"{name}\", [\"{name}.c\"], extra_link_args=open(\"data/more\").read().split()),\n"
        )
    };
    project.replace(
        "setup.py",
        "        Extension(\"two\"",
        &format!("{}        Extension(\"two\"", extension("c")),
    );
    project.write("c.c", "int c(void) { return 1; }\n");
    project.write("data/more", "");
    project.builds();
    project.write("data/more", &format!("build/{}/common.o", folder_of_objects(&project)));
    project.append("c.c", "int more(void) { return 1; }\n");
    project.builds();
}

#[test]
fn a_project_finds_what_the_base_method_leaves_for_it() {
    let Some(project) = Edited::new() else { return };
    project.replace(
        "setup.py",
        "FOLDERS =",
        "from setuptools.command.build_ext import build_ext\n\
         class Telling(build_ext):\n    \
             def run(self):\n        super().run()\n        print('built', sorted(self._built_objects))\n\n\
         FOLDERS =",
    );
    project.replace(
        "setup.py",
        "    ext_modules=[",
        "    cmdclass={'build_ext': Telling},\n    ext_modules=[",
    );
    let told = || {
        let (ran, _) = project.builds();
        ran.stdout.lines().find(|line| line.starts_with("built ")).map(str::to_owned)
    };
    let first = told();
    assert!(first.is_some());
    assert_eq!(told(), first);
    assert!(recorded(&project).is_empty());
}

#[test]
fn modules_that_must_not_be_touched_are_not() {
    let Some(project) = Edited::new() else { return };
    project.replace(
        "setup.py",
        "FOLDERS =",
        "import sys, types\n\
         class Lazy(types.ModuleType):\n    \
             def __getattribute__(self, name):\n        raise ImportError(name)\n\
         sys.modules['lazy'] = Lazy('lazy')\n\
         FOLDERS =",
    );
    project.builds();
    assert!(recorded(&project).is_empty());
}

#[test]
fn the_first_of_two_extensions_of_one_name_wins() {
    let Some(project) = Edited::new() else { return };
    let two = "        Extension(\"three\", [\"three.c\"]),\n        Extension(\"three\", [\"one.c\"], \
        include_dirs=FOLDERS, define_macros=[(\"LEVEL\", \"1\")]),\n";
    project.replace("setup.py", "        Extension(\"three\", [\"three.c\"]),\n", two);
    for _ in 0..3 {
        project.builds();
        let now = std::time::SystemTime::now();
        project.touch("one.c", now);
    }
}

#[test]
fn a_project_that_starts_itself_is_two_programs() {
    let Some(project) = Edited::new() else { return };
    let setup = "import subprocess, sys\nfrom setuptools import Extension, setup\n\
        second = '--second' in sys.argv\n\
        if second:\n    sys.argv.remove('--second')\nelse:\n    \
            subprocess.check_call([sys.executable] + sys.argv + ['--second'])\n\
        name = 'two' if second else 'three'\n\
        setup(name='itself', version='1', ext_modules=[Extension(name, ['three.c'])])\n";
    project.write("setup.py", setup);
    project.builds();
    project.builds();
    assert_eq!(project.counts().executed, 0);
}

#[test]
fn explanations_of_what_was_spared() {
    let Some(project) = Edited::built() else { return };
    assert!(recorded(&project).is_empty());
    let told = crate::support::run(&mut project.workspace.ambidex(&["explain", "-v"])).expect(0);
    assert_eq!(told.stdout.matches("nothing that it depends on has changed").count(), 8, "{told}");
}
