//! Changes of the commands themselves: flags, tools, interpreters, extensions.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{ALL, Edited, Environment, Files, NEWEST, on_path, run, skipped};

/// Puts a shell script into a directory beside the project, and that directory first on the `PATH`.
fn install(project: &mut Edited, name: &str, script: &str) {
    let folder = project.workspace.beside("programs");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    project.workspace.variables.retain(|(known, _)| known != "PATH");
    project.workspace.put_first_on_path(&folder);
}

fn real(program: &str) -> String {
    on_path(program).unwrap_or_else(|| panic!("the tests need {program}")).display().to_string()
}

#[test]
fn changed_cflags() {
    let Some(mut project) = Edited::built() else { return };
    // The flags are also on the command lines of links.
    project.set("CFLAGS", "-O1 -g0 -DLEVEL_OF_ALL=1");
    project.runs(5 + 3);
    project.runs(0);
    // The earlier outputs of these commands may or may not have been kept.
    project.set("CFLAGS", "-O1 -g0");
    project.builds();
    project.runs(0);
}

#[test]
fn changed_ldflags() {
    let Some(mut project) = Edited::built() else { return };
    project.set("LDFLAGS", "-Wl,-z,now");
    project.runs(3);
}

#[test]
fn changed_macro() {
    let Some(project) = Edited::built() else { return };
    project.replace("setup.py", "(\"LEVEL\", \"1\")", "(\"LEVEL\", \"2\")");
    project.runs(3);
    project.runs(0);
}

#[test]
fn changed_argument_of_one_extension() {
    let Some(project) = Edited::built() else { return };
    project.replace("setup.py", "[\"three.c\"]", "[\"three.c\"], extra_compile_args=[\"-fno-builtin\"]");
    // The object is the same as before.
    project.runs(1);
    project.replace("setup.py", "[\"-fno-builtin\"]", "[\"-fno-builtin\"], extra_link_args=[\"-Wl,-z,now\"]");
    project.runs(1);
}

#[test]
fn order_of_extensions_and_arguments_of_python_do_not_matter() {
    let Some(project) = Edited::built() else { return };
    let three = "        Extension(\"three\", [\"three.c\"]),\n";
    project.replace("setup.py", three, "");
    project.replace("setup.py", "    ext_modules=[\n", &format!("    ext_modules=[\n{three}"));
    project.runs(0);
}

#[test]
fn other_compiler() {
    let Some(mut project) = Edited::built() else { return };
    install(&mut project, "gcc", &format!("exec {} -DLEVEL_OF_ALL=1 \"$@\"", real("gcc")));
    let other = project.workspace.beside("programs").join("gcc");
    project.set("CC", &other.display().to_string());
    project.runs(ALL);
    project.runs(0);
}

#[test]
fn compiler_that_was_replaced() {
    let Some(mut project) = Edited::new() else { return };
    let compiler = |level: u32| {
        format!(
            "case \" $* \" in *\" -c \"*) set -- -DBOTH_MORE={level} \"$@\";; esac\nexec {} \"$@\"",
            real("gcc")
        )
    };
    install(&mut project, "gcc", &compiler(1));
    project.set("CC", "gcc");
    project.write("two.c", "int two(void) { return BOTH_MORE; }\n");
    project.runs(ALL);
    project.runs(0);
    install(&mut project, "gcc", &compiler(2));
    // The compiler also links.
    project.runs(ALL);
}

#[test]
fn assembler_that_was_replaced() {
    let asked = run(Command::new("gcc").arg("-print-prog-name=as")).expect(0);
    if asked.stdout.trim() != "as" {
        skipped("an assembler on the PATH: this compiler has one of its own");
        return;
    }
    let Some(mut project) = Edited::new() else { return };
    let assembler = |level: u32| format!("exec {} --defsym level_of_as={level} \"$@\"", real("as"));
    install(&mut project, "as", &assembler(1));
    project.runs(ALL);
    project.runs(0);
    install(&mut project, "as", &assembler(2));
    // Links don't read it, but every object is different.
    project.runs(ALL);
}

#[test]
fn other_python() {
    let Some(mut project) = Edited::built() else { return };
    let Some(environment) = Environment::get(12, NEWEST) else { return };
    project.python = Some(environment.python());
    // The outputs of the first Python stay, as in the serial build.
    run(&mut project.ambidex()).expect(0);
    assert_eq!(project.counts().executed, ALL, "{:?}", project.counts());
    let clean = project.clean();
    let built = Files::built(&project.root()).only(|path| clean.paths().any(|other| other == path));
    assert!(
        built == clean,
        "{:?} and {:?}",
        built.paths().collect::<Vec<_>>(),
        clean.paths().collect::<Vec<_>>()
    );
    run(&mut project.ambidex()).expect(0);
    assert_eq!(project.counts().executed, 0);
}

#[test]
fn module_of_a_removed_extension_goes() {
    let Some(project) = Edited::built() else { return };
    let library = project.module("three").parent().expect("it is in a folder").to_owned();
    let mine = library.join("mine.so");
    fs::write(&mine, "not built").unwrap();
    let three = "        Extension(\"three\", [\"three.c\"]),\n";
    project.replace("setup.py", three, "");
    run(&mut project.ambidex()).expect(0);
    assert_eq!(project.counts().executed, 0, "{:?}", project.counts());
    // A file that no build has made is left alone.
    fs::remove_file(&mine).expect("it is still there");
    project.runs(0);
    project.replace("setup.py", "    ext_modules=[\n", &format!("    ext_modules=[\n{three}"));
    // The earlier object and module may or may not have been kept.
    let (ran, counts) = project.builds();
    assert!(counts.executed <= 2, "{counts:?}\n{ran}");
}

#[test]
fn module_of_a_command_that_did_not_run_stays() {
    let Some(project) = Edited::new() else { return };
    let helper = "import glob\n\
        if not glob.glob('helpers/*.so'):\n\
        \x20   from setuptools import Extension, setup\n\
        \x20   setup(name='helper', version='1.0', ext_modules=[Extension('helper', ['three.c'])],\n\
        \x20         script_args=['-q', 'build_ext', '--build-lib=helpers'])\n";
    let text = fs::read_to_string(project.root().join("setup.py")).unwrap();
    project.write("setup.py", &format!("{helper}{text}"));
    run(&mut project.ambidex()).expect(0);
    let made = || fs::read_dir(project.root().join("helpers")).unwrap().count();
    assert_eq!(made(), 1);
    run(&mut project.ambidex()).expect(0);
    assert_eq!(made(), 1, "the project still uses it");
}

#[test]
fn new_source_of_an_extension() {
    let Some(project) = Edited::built() else { return };
    project.write("more.c", "int more(void) { return 1; }\n");
    project.replace("setup.py", "[\"three.c\"]", "[\"three.c\", \"more.c\"]");
    project.runs(2);
    project.replace("setup.py", "[\"three.c\", \"more.c\"]", "[\"three.c\"]");
    project.runs(1);
}

#[test]
fn variables_that_no_command_depends_on() {
    let Some(mut project) = Edited::built() else { return };
    project.set("SOME_TOKEN", "changes with every build");
    project.runs(0);
}

#[test]
fn folders_of_the_environment() {
    for name in ["CPATH", "C_INCLUDE_PATH"] {
        let Some(mut project) = Edited::new() else { return };
        project.write("three.c", "#include <place.h>\nint three(void) { return PLACE; }\n");
        project.write("here/place.h", "#define PLACE 1\n");
        project.write("there/place.h", "#define PLACE 2\n");
        project.set(name, "here");
        project.runs(ALL);
        project.runs(0);
        project.set(name, "there");
        // Every command now runs in a different environment.
        let (ran, counts) = project.builds();
        assert!(counts.executed >= 2, "{counts:?}\n{ran}");
        project.runs(0);
        project.replace("there/place.h", "2", "3");
        project.runs(2);
    }
}
