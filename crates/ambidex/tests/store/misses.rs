//! Changes of one thing at a time, in a fresh copy of the project at the same path, with a store that has the outputs
//! of the unchanged project: everything that depends on the change is made again, and the rest is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{ALL, Edited, Environment, NEWEST, on_path, run};

/// The source of module `three` before the change. The project has more than in the other tests: this module needs a
/// forced header, a directory that an environment variable names, and a library, and its content depends on the
/// language and the date.
const THREE: &str = "\
#include <place.h>
int help(void);
const char *date(void) { return __DATE__; }
int three(void) { return PLACE + FORCED + help() + (int) sizeof('a') + (int) __STDC_VERSION__; }
";
const OF_THREE: &str = "[\"three.c\"], extra_compile_args=[\"-include\", \"forced.h\", \"-DVALUE=1\"], \
    libraries=[\"help\"], library_dirs=[\"absent\", \"libs\"]";

/// The number of commands that a change concerns.
enum Concerned {
    /// Exactly this many.
    Exactly(u64),
    /// At least this many, because commands that don't use the changed thing get it too.
    AtLeast(u64),
}
use Concerned::{AtLeast, Exactly};

/// Makes a fresh copy of the project as it is before the change.
fn start(project: &mut Edited) {
    project.workspace.copy_again();
    project.write("three.c", THREE);
    project.write("forced.h", "#define FORCED 1\n");
    project.write("here/place.h", "#define PLACE 1\n");
    project.write("there/place.h", "#define PLACE 2\n");
    project.replace("setup.py", "[\"three.c\"]", OF_THREE);
    write_library(project, "libs", 1);
    write_compiler(project, "");
    let compiler = project.workspace.beside("programs/gcc").display().to_string();
    project.python = None;
    project.workspace.variables.clear();
    project.set("CC", &compiler);
    project.set("CFLAGS", "-O1 -g0");
    project.set("C_INCLUDE_PATH", "here");
}

/// Makes `libhelp.a` in a directory, with a function that returns the value.
fn write_library(project: &Edited, folder: &str, value: u32) {
    project.write(&format!("{folder}/help.c"), &format!("int help(void) {{ return {value}; }}\n"));
    let at = |name: &str| project.root().join(folder).join(name);
    let compiler = on_path("cc").expect("the tests need a C compiler");
    let mut compiler = project.workspace.command(compiler);
    run(compiler.args(["-fPIC", "-c"]).arg(at("help.c")).arg("-o").arg(at("help.o"))).expect(0);
    let _ = fs::remove_file(at("libhelp.a"));
    run(project.workspace.command("ar").arg("rcD").arg(at("libhelp.a")).arg(at("help.o"))).expect(0);
}

/// Makes the compiler, a script that runs the real one with these options first.
fn write_compiler(project: &Edited, options: &str) {
    let folder = project.workspace.beside("programs");
    fs::create_dir_all(&folder).expect("a temporary folder can be written");
    let file = folder.join("gcc");
    let real = on_path("gcc").expect("the tests need gcc");
    // The script is a new file, as after an update, because a running script can't be written.
    let _ = fs::remove_file(&file);
    fs::write(&file, format!("#!/bin/sh\nexec {} {options} \"$@\"\n", real.display()))
        .expect("it can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is our file");
}

/// Fills the store, makes one change in a fresh copy, and builds. In a third copy with the change, everything is found.
#[track_caller]
fn misses(concerned: Concerned, change: impl Fn(&mut Edited)) {
    let Some(mut project) = Edited::with_store() else { return };
    start(&mut project);
    project.misses(ALL);
    start(&mut project);
    project.misses(0);
    let before = project.clean();
    start(&mut project);
    change(&mut project);
    let (ran, counts) = project.builds();
    match concerned {
        Exactly(commands) => assert_eq!(counts.executed, commands, "{counts:?}\n{ran}"),
        AtLeast(commands) => assert!(counts.executed >= commands, "{counts:?}\n{ran}"),
    }
    // A change that makes no difference would prove nothing.
    assert!(before != project.clean(), "the change changes nothing");
    start(&mut project);
    change(&mut project);
    project.misses(0);
    // The outputs from before the change are still there.
    start(&mut project);
    project.misses(0);
}

#[test]
fn byte_of_a_source() {
    misses(Exactly(2), |project| project.replace("two.c", "return BOTH", "return BOTH+1"));
}

#[test]
fn byte_of_a_source_with_the_old_length_and_time() {
    misses(Exactly(2), |project| {
        let time = project.modified("two.c");
        project.replace("two.c", "int two", "int tow");
        project.touch("two.c", time);
    });
}

#[test]
fn byte_of_a_header() {
    misses(Exactly(4), |project| project.replace("far/both.h", "7", "8"));
}

#[test]
fn byte_of_a_forced_header() {
    misses(Exactly(2), |project| project.replace("forced.h", "1", "2"));
}

#[test]
fn header_that_newly_shadows() {
    misses(Exactly(4), |project| project.write("near/both.h", "#define BOTH 70\n"));
}

#[test]
fn header_that_newly_shadows_beside_the_source() {
    misses(Exactly(4), |project| project.write("both.h", "#define BOTH 70\n"));
}

#[test]
fn header_that_newly_shadows_in_a_new_folder() {
    // In a directory that did not exist, each source may now find something.
    misses(AtLeast(4), |project| project.write("absent/both.h", "#define BOTH 70\n"));
}

#[test]
fn header_that_newly_shadows_one_of_the_system() {
    // Quoted or not, an include finds it before the directories that environment variables name.
    misses(AtLeast(2), |project| {
        project.replace("setup.py", "library_dirs=", "include_dirs=[\"absent\"], library_dirs=");
        project.write("absent/place.h", "#define PLACE 3\n");
    });
}

#[test]
fn value_of_a_macro() {
    misses(Exactly(3), |project| project.replace("setup.py", "(\"LEVEL\", \"1\")", "(\"LEVEL\", \"2\")"));
}

#[test]
fn macro_that_a_source_may_ask_for() {
    misses(Exactly(2), |project| {
        project.replace("setup.py", "-DVALUE=1", "-DPLACE_MORE=1");
        project.append("three.c", "#ifdef PLACE_MORE\nint more(void) { return 1; }\n#endif\n");
    });
}

#[test]
fn optimization() {
    misses(Exactly(2), |project| project.replace("setup.py", "\"-DVALUE=1\"", "\"-DVALUE=1\", \"-O0\""));
}

#[test]
fn optimization_of_all() {
    misses(Exactly(ALL), |project| project.set("CFLAGS", "-O0 -g0"));
}

#[test]
fn standard_of_the_language() {
    misses(Exactly(2), |project| project.replace("setup.py", "-DVALUE=1", "-std=gnu99"));
}

#[test]
fn language() {
    misses(Exactly(2), |project| {
        project.replace("setup.py", "-DVALUE=1", "-xc++");
        project.replace("three.c", "(int) __STDC_VERSION__", "1");
        project.replace(
            "three.c",
            "int help(void);",
            "#ifdef __cplusplus\nextern \"C\"\n#endif\nint help(void);",
        );
    });
}

#[test]
fn folder_of_the_environment() {
    misses(AtLeast(2), |project| project.set("C_INCLUDE_PATH", "there"));
}

#[test]
fn other_folder_of_the_environment() {
    misses(AtLeast(2), |project| project.set("CPATH", "there"));
}

#[test]
fn file_in_a_folder_of_the_environment() {
    misses(Exactly(2), |project| project.replace("here/place.h", "1", "2"));
}

#[test]
fn date() {
    misses(AtLeast(2), |project| project.set("SOURCE_DATE_EPOCH", "1500000000"));
}

#[test]
fn compiler() {
    misses(Exactly(ALL), |project| write_compiler(project, "-fno-asynchronous-unwind-tables"));
}

#[test]
fn library() {
    misses(Exactly(1), |project| write_library(project, "libs", 2));
}

#[test]
fn library_that_newly_shadows() {
    misses(AtLeast(1), |project| write_library(project, "absent", 2));
}

#[test]
fn option_of_the_linker() {
    misses(Exactly(1), |project| {
        project.replace("setup.py", "libraries=", "extra_link_args=[\"-Wl,-z,now\"], libraries=");
    });
}

#[test]
fn option_of_all_links() {
    // The compiler is a script, which may read any variable.
    misses(AtLeast(3), |project| project.set("LDFLAGS", "-Wl,-z,now"));
}

#[test]
fn python() {
    let Some(environment) = Environment::get(12, NEWEST) else { return };
    let python = environment.python();
    // Its headers are elsewhere. Only reading the sources can show that nothing includes them here.
    misses(AtLeast(0), |project| project.python = Some(python.clone()));
}

#[test]
fn headers_of_python() {
    let (Some(first), Some(second)) = (Environment::usual(), Environment::get(12, NEWEST)) else { return };
    let Some(mut project) = Edited::with_store() else { return };
    let source = "#include <Python.h>\nconst char *three(void) { return PY_VERSION; }\n";
    for (environment, executed) in [(&first, ALL), (&second, 2), (&first, 0), (&second, 0)] {
        project.workspace.copy_again();
        project.write("three.c", source);
        project.python = Some(environment.python());
        let (ran, counts) = project.builds();
        let version = environment.name.split('-').next().expect("the name begins with the version");
        let module = fs::read(project.module("three")).expect("it was built");
        assert!(contains(&module, version), "{}", environment.name);
        assert!(counts.executed >= executed, "{counts:?}\n{ran}");
        assert!(executed > 0 || counts.cached == counts.distinct, "{counts:?}\n{ran}");
    }
}

/// Returns whether a file contains this text.
pub fn contains(bytes: &[u8], text: impl AsRef<Path>) -> bool {
    let text = text.as_ref().as_os_str().as_encoded_bytes();
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn language_of_messages_changes_no_object() {
    let Some(mut project) = Edited::with_store() else { return };
    project.misses(ALL);
    project.workspace.copy_again();
    project.set("LANG", "de_DE.UTF-8");
    // The store may keep what the compiler prints, so the compiler may run again; its outputs are the same.
    project.builds();
}
