//! Other things than the contents of files on which results depend: which file was opened, the identity of a directory,
//! times, the machine, programs that can't be observed. Each of these once left a stale module.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::found::{executable, real};
use crate::support::{Edited, on_path, run, skipped};

/// Makes a project whose `three.c` uses the macro `WHICH`, and whose compiler is a script with these lines. In the
/// script, `$CC_REAL` is the real compiler.
fn scripted(lines: &str) -> Option<Edited> {
    let mut project = Edited::new()?;
    project.append("three.c", "int which(void) { return WHICH; }\n");
    executable(&project, "cc", &format!("CC_REAL={}\n{lines}", real("cc")));
    let cc = project.root().join("cc").display().to_string();
    project.set("CC", &cc);
    Some(project)
}

/// Builds after a change, and fails the test unless the result is right and a command ran.
#[track_caller]
fn expect_runs(project: &Edited) {
    let (ran, counts) = project.builds();
    assert!(counts.executed > 0, "{counts:?}\n{ran}");
}

fn folders(project: &Edited, names: [&str; 2], file: &str, contents: [&str; 2]) -> [PathBuf; 2] {
    let folders = names.map(|name| project.root().join(name));
    for (folder, content) in folders.iter().zip(contents) {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join(file), content).unwrap();
    }
    folders
}

fn link_again(to: &str, link: PathBuf) {
    let _ = fs::remove_file(&link);
    symlink(to, link).unwrap();
}

#[test]
fn folder_that_is_another_before_the_command_ends() {
    let lines = "\"$CC_REAL\" \"$@\" || exit
        case \"$*\" in *three.c*) [ -e wait ] && until [ -e go ]; do sleep 0.01; done;; esac; :";
    let Some(mut project) = scripted(lines) else { return };
    folders(&project, ["v1", "v2"], "w.h", ["#define WHICH 1\n", "#define WHICH 2\n"]);
    project.append("three.c", "#include <w.h>\nint again(void) { return WHICH; }\n");
    let text = project.read("three.c");
    project.write("three.c", &format!("#include <w.h>\n{text}"));
    link_again("v1", project.root().join("cur"));
    project.set("CFLAGS", "-O1 -g0 -Icur");
    project.write("wait", "");
    // Without this, ambidex keeps its directory elsewhere until the build is over.
    fs::create_dir_all(project.root().join("build")).unwrap();
    let mut build = project.ambidex();
    let root = project.root();
    let change = std::thread::spawn(move || {
        // The real compiler has ended when its output exists.
        let objects = root.join("build/.ambidex/obj");
        let is_made = |entry: walkdir::DirEntry| entry.file_name() == "three.o";
        while !walkdir::WalkDir::new(&objects).into_iter().flatten().any(is_made) {
            std::thread::sleep(Duration::from_millis(10));
        }
        link_again("v2", root.join("cur"));
        fs::write(root.join("go"), "").unwrap();
    });
    run(&mut build).expect(0);
    change.join().unwrap();
    project.remove("wait");
    project.builds();
}

#[test]
fn two_names_of_one_folder() {
    let Some(mut project) = Edited::new() else { return };
    fs::create_dir(project.root().join("a1")).unwrap();
    symlink("a1", project.root().join("b1")).unwrap();
    project.write("a1/x.h", "#if __has_include_next(<x.h>)\n#define X 2\n#else\n#define X 1\n#endif\n");
    project.append("three.c", "#include <x.h>\nint x(void) { return X; }\n");
    project.set("CFLAGS", "-O1 -g0 -Ia1 -Ib1");
    project.builds();
    project.runs(0);
    fs::remove_file(project.root().join("b1")).unwrap();
    fs::create_dir(project.root().join("b1")).unwrap();
    project.write("b1/x.h", "");
    expect_runs(&project);
}

#[test]
fn times_of_equal_headers() {
    let Some(project) = Edited::new() else { return };
    let text = "#pragma once\n#ifdef FIRST\n#define SECOND\n#endif\n#define FIRST\n";
    for name in ["near/same.h", "far/same.h"] {
        project.write(name, text);
        project.touch(name, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    }
    project.append(
        "three.c",
        "#include \"near/same.h\"\n#include \"far/same.h\"\n#ifdef SECOND\nint two;\n#else\nint one;\n#endif\n",
    );
    project.builds();
    project.runs(0);
    project.touch("far/same.h", SystemTime::now());
    expect_runs(&project);
}

#[test]
fn temporary_folder_that_a_variable_names() {
    let Some(mut project) = Edited::new() else { return };
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for folder in &folders {
        let text = "static const char *const where = __FILE__;\n";
        fs::write(folder.path().join("where.h"), text).unwrap();
    }
    project.append("three.c", "#include <where.h>\nconst char *here(void) { return where; }\n");
    for folder in [&folders[0], &folders[1], &folders[0]] {
        project.set("CPATH", &folder.path().display().to_string());
        expect_runs(&project);
        project.runs(0);
    }
}

#[test]
fn place_of_a_thin_archive() {
    let Some(project) = Edited::new() else { return };
    for number in [1, 2] {
        let folder = format!("d{number}");
        fs::create_dir(project.root().join(&folder)).unwrap();
        project.write(&format!("{folder}/g.c"), &format!("int g(void) {{ return {number}; }}\n"));
        let script = "cc -g0 -fPIC -c g.c -o g.o && ar rcsTD libg.a g.o";
        run(Command::new("sh").args(["-c", script]).current_dir(project.root().join(folder))).expect(0);
    }
    project.append("three.c", "int g(void);\nint f(void) { return g(); }\n");
    let setup = project.read("setup.py");
    for number in [1, 2, 1] {
        let object = format!("Extension(\"three\", [\"three.c\"], extra_objects=[\"d{number}/libg.a\"])");
        project.write("setup.py", &setup.replace("Extension(\"three\", [\"three.c\"])", &object));
        project.builds();
    }
}

#[test]
fn variables_that_a_script_reads() {
    let Some(mut project) = scripted("exec \"$CC_REAL\" -DWHICH=\"$VIRTUAL_ENV\" \"$@\"") else { return };
    project.set("VIRTUAL_ENV", "1");
    project.builds();
    project.runs(0);
    project.set("VIRTUAL_ENV", "2");
    expect_runs(&project);
}

#[test]
fn link_to_a_working_folder() {
    let Some(project) = scripted("exec \"$CC_REAL\" $(cd cur && cat flags) \"$@\"") else { return };
    folders(&project, ["v1", "v2"], "flags", ["-DWHICH=1", "-DWHICH=2"]);
    link_again("v1", project.root().join("cur"));
    project.builds();
    project.runs(0);
    link_again("v2", project.root().join("cur"));
    expect_runs(&project);
}

#[test]
fn machine_that_a_script_asks_for() {
    let Some(project) = scripted("exec \"$CC_REAL\" -DWHICH=$(uname -m | cksum | cut -d' ' -f1)u \"$@\"")
    else {
        return;
    };
    let another = |command: &Command| {
        let mut other = project.workspace.command("setarch");
        other.arg("i686").arg(command.get_program()).args(command.get_args());
        other
    };
    if !cfg!(target_arch = "x86_64") || run(&mut another(&Command::new("true"))).code != 0 {
        skipped("another machine: there is no setarch here");
        return;
    }
    project.builds();
    project.runs(0);
    run(&mut another(&project.ambidex())).expect(0);
    assert!(project.counts().executed > 0);
}

#[test]
fn time_of_an_open_file() {
    if on_path("gzip").is_none() {
        skipped("the time of an open file: there is no gzip");
        return;
    }
    let Some(project) =
        scripted("exec \"$CC_REAL\" -DWHICH=$(gzip -c named | cksum | cut -d' ' -f1)u \"$@\"")
    else {
        return;
    };
    project.write("named", "x\n");
    project.builds();
    project.touch("named", SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    expect_runs(&project);
}

#[test]
fn file_that_one_command_leaves_to_another() {
    let lines = "[ -f \"$TMPDIR/flags\" ] || cat config > \"$TMPDIR/flags\"; exec \"$CC_REAL\" $(cat \"$TMPDIR/flags\") \"$@\"";
    let Some(project) = scripted(lines) else { return };
    project.write("config", "-DWHICH=1");
    run(&mut project.ambidex()).expect(0);
    project.write("config", "-DWHICH=2");
    run(&mut project.ambidex()).expect(0);
    assert_eq!(project.counts().executed, project.counts().distinct);
}

#[test]
fn change_outside_of_the_project() {
    let Some(mut project) =
        scripted("echo '#define WHICH 1' > \"$OUTSIDE/made.h\"; exec \"$CC_REAL\" \"$@\"")
    else {
        return;
    };
    let text = project.read("three.c");
    project.write("three.c", &format!("#include <made.h>\n{text}"));
    let outside = project.workspace.beside("outside");
    fs::create_dir(&outside).unwrap();
    project.set("OUTSIDE", &outside.display().to_string());
    project.set("CFLAGS", &format!("-O1 -g0 -I{}", outside.display()));
    project.builds();
    fs::remove_file(outside.join("made.h")).unwrap();
    project.builds();
}

#[test]
fn program_that_is_started_by_a_list_of_arguments() {
    let Some(mut project) = Edited::new() else { return };
    let source = "#include <unistd.h>\nint main(int count, char **words) { (void)count;\n\
                  return execl(\"/bin/sh\", \"sh\", \"-c\", \"exec cc $(cat flags) \\\"$@\\\"\", \"sh\",\n\
                  words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8], words[9],\n\
                  words[10], words[11], words[12], words[13], words[14], words[15], (char *)0); }\n";
    fs::write(project.workspace.beside("listed.c"), source).unwrap();
    let folder = project.workspace.beside("programs");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("cc");
    run(Command::new("cc").arg(project.workspace.beside("listed.c")).arg("-o").arg(&program)).expect(0);
    project.write("flags", "-DWHICH=1");
    project.append("three.c", "int which(void) { return WHICH; }\n");
    project.set("CC", &program.display().to_string());
    project.builds();
    project.write("flags", "-DWHICH=2");
    expect_runs(&project);
}
