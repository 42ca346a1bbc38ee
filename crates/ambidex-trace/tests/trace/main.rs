//! The entries that the library must write, seen from an engine: real programs run with it.

#[path = "../../../ambidex-hook/compile.rs"]
mod compile;
mod traced;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use traced::{Entry, traced, traced_by};

fn find<'a>(entries: &'a [Entry], kind: char, text: &Path) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.kind == kind && Path::new(&entry.text) == text)
}

#[track_caller]
fn expect(entries: &[Entry], kind: char, text: &Path, found: bool) {
    let entry = find(entries, kind, text).unwrap_or_else(|| panic!("no {kind} {text:?} in {entries:#?}"));
    assert_eq!(entry.flags & 1 != 0, found, "{entry:?}");
}

#[test]
fn what_a_shell_looks_at() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("there"), "x\n").unwrap();
    let script = "read x < there; test -e missing; exec cat there";
    let entries = traced(Command::new("sh").args(["-c", script]).current_dir(&root));
    expect(&entries, 'L', &root.join("there"), true);
    expect(&entries, 'L', &root.join("missing"), false);
    let programs: Vec<_> = entries.iter().filter(|entry| entry.kind == 'P').collect();
    assert_eq!(programs.len(), 2, "{programs:#?}");
    assert_ne!(programs[0].text, programs[1].text);
    // The shell tries each directory of the `PATH`.
    let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    assert_eq!(count('E') - count('X'), 1, "{entries:#?}");
    assert!(!entries.iter().any(|entry| entry.kind == 'U'), "{entries:#?}");
}

#[test]
fn what_a_shell_changes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("old"), "").unwrap();
    let script = "echo x > new; echo y >> old; mkdir folder; mv old moved; rm new";
    let entries = traced(Command::new("sh").args(["-c", script]).current_dir(&root));
    expect(&entries, 'W', &root.join("new"), false);
    expect(&entries, 'W', &root.join("old"), true);
    expect(&entries, 'W', &root.join("folder"), false);
    expect(&entries, 'W', &root.join("moved"), false);
}

#[test]
fn what_a_compiler_looks_at() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("near")).unwrap();
    fs::create_dir_all(root.join("far")).unwrap();
    fs::write(root.join("far/a.h"), "").unwrap();
    fs::write(root.join("a.c"), "#include \"a.h\"\n#if __has_include(\"/b.h\")\n#endif\nint x;\n").unwrap();
    let mut gcc = Command::new("cc");
    gcc.args(["-c", "a.c", "-Inear", "-Ifar", "-o", "a.o"]).current_dir(&root);
    let entries = traced(&mut gcc);
    expect(&entries, 'L', &root.join("near/a.h"), false);
    expect(&entries, 'L', &root.join("far/a.h"), true);
    expect(&entries, 'L', Path::new("/b.h"), false);
    expect(&entries, 'W', &root.join("a.o"), false);
    assert!(find(&entries, 'G', Path::new("CPATH")).is_some(), "{entries:#?}");
    assert!(!entries.iter().any(|entry| entry.kind == 'T' && entry.text != "gettimeofday"), "{entries:#?}");
    fs::write(root.join("a.c"), "#define JOIN(a, b) a##b\nconst char *d = JOIN(__DA, TE__);\n").unwrap();
    let entries = traced(&mut gcc);
    assert!(entries.iter().any(|entry| entry.kind == 'T' && entry.text == "time"), "{entries:#?}");
}

#[test]
fn what_a_command_finds_in_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let script = format!("env > {}", out.display());
    traced(Command::new("sh").args(["-c", &script]).env("MINE", "1"));
    let environment = fs::read_to_string(out).unwrap();
    assert!(environment.contains("MINE=1"));
    let ours = |line: &&str| line.starts_with("AMBIDEX_TRACE=") || line.starts_with("LD_PRELOAD=");
    assert_eq!(environment.lines().find(ours), None);
}

#[test]
fn what_is_loaded_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let entries = traced(Command::new("ls").arg(&root));
    expect(&entries, 'D', &root, true);
    let is_libc = |entry: &Entry| entry.kind == 'O' && entry.text.contains("libc.so");
    assert!(entries.iter().any(is_libc), "{entries:#?}");
}

#[test]
fn what_was_loaded_for_a_while_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let loads = r#"
        #include <dlfcn.h>
        int main(int count, char **words) {
            while (*++words) { void *library = dlopen(*words, RTLD_NOW); if (library) dlclose(library); }
            return 0;
        }"#;
    fs::write(root.join("loads.c"), loads).unwrap();
    fs::write(root.join("whole.c"), "int whole;").unwrap();
    fs::write(root.join("part.c"), "int missing(void); int part(void) { return missing(); }").unwrap();
    for words in
        ["loads.c -o loads -ldl", "-shared -fPIC whole.c -o whole.so", "-shared -fPIC part.c -o part.so"]
    {
        assert!(Command::new("cc").args(words.split(' ')).current_dir(&root).status().unwrap().success());
    }
    let mut loads = Command::new(root.join("loads"));
    loads.args(["./whole.so", "./part.so", "./none.so"]).current_dir(&root);
    let entries = traced(&mut loads);
    expect(&entries, 'O', &root.join("./whole.so"), true);
    expect(&entries, 'O', &root.join("./part.so"), true);
    expect(&entries, 'L', &root.join("./none.so"), false);
    assert!(find(&entries, 'O', &root.join("./none.so")).is_none(), "{entries:#?}");
}

#[test]
fn what_cannot_be_seen() {
    let script = "cd / && echo *";
    let entries = traced(Command::new("bash").args(["-c", script]));
    expect(&entries, 'D', Path::new("/."), true);
    let connects = "exec 3<>/dev/tcp/127.0.0.1/9 || :";
    let entries = traced(Command::new("bash").args(["-c", connects]));
    assert!(entries.iter().any(|entry| entry.kind == 'U'), "{entries:#?}");
}

/// Runs a script in a directory in which `own` belongs to the command. Returns each question, and whether it came
/// before the file `log` existed.
fn asked(script: &str) -> Vec<(String, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (project, socket) = (root.join("project"), root.join("socket"));
    fs::create_dir_all(project.join("own")).unwrap();
    symlink("../outside", project.join("link")).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    let (tell, asked) = std::sync::mpsc::channel();
    let log = project.join("log");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let mut question = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut question).unwrap();
            let question = String::from_utf8(question).unwrap();
            let (question, _) = question.split_once('\0').unwrap();
            tell.send((question.to_owned(), !log.exists())).unwrap();
            stream.write_all(&[0, 0, 0, 1, 1]).unwrap();
        }
    });
    let own = project.join("own");
    let fields = [&socket, Path::new("3 7"), &own].map(Path::as_os_str);
    let rules: Vec<u8> = fields.iter().flat_map(|field| [field.as_bytes(), b"\0"].concat()).collect();
    traced_by(Command::new("sh").args(["-c", script]).current_dir(&project), &rules);
    asked.try_iter().collect()
}

#[test]
fn a_turn_is_asked_for_once_and_before_the_first_change() {
    let turn = [("E3 7 change".to_owned(), true)];
    for script in [
        "echo x >> log; echo x >> log; rm log",
        "echo x > ../outside; echo x > log",
        "mkdir own/folder; (cd own/folder; mv ../../own/folder ../../log)",
        "cat /dev/null > own/a; ln -s a link; cp own/a ./log",
        "touch own/new; exec 3>own/new; cat own/new > \"$PWD\"/own/../log",
    ] {
        assert_eq!(asked(script), turn, "{script}");
    }
    for script in
        ["echo x > own/a; mkdir own/b; rm -r own/b; cat own/a missing", "echo x > /dev/null; test -e log"]
    {
        assert_eq!(asked(script), [], "{script}");
    }
}

#[test]
fn where_an_open_file_really_is() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let asks = r#"
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <unistd.h>
        int main(int count, char **words) {
            char link[64], real[4096];
            int file = open("link", O_RDONLY);
            snprintf(link, sizeof link, words[1], words[1][6] == '%' ? getpid() : file, file);
            return words[2] ? !realpath(link, real) : readlink(link, real, sizeof real) < 0;
        }"#;
    fs::write(root.join("asks.c"), asks).unwrap();
    symlink("asks.c", root.join("link")).unwrap();
    assert!(Command::new("cc").args(["asks.c", "-o", "asks"]).current_dir(&root).status().unwrap().success());
    let asked = |words: &[&str]| traced(Command::new(root.join("asks")).args(words).current_dir(&root));
    for link in ["/proc/self/fd/%d", "/dev/fd/%d", "/proc/%d/fd/%d"] {
        for words in [&[link][..], &[link, "whole"]] {
            let entries = asked(words);
            expect(&entries, 'R', &root.join("asks.c"), true);
            assert!(!entries.iter().any(|entry| entry.kind == 'U'), "{entries:#?}");
        }
    }
    // Nothing is at the end of such a link that has a path.
    let of_another = format!("/proc/{}/fd/0", std::process::id());
    for (link, is_unseen) in [("/proc/self/fd/0", false), ("/proc/self/fd/1", false), (&of_another, true)] {
        let entries = asked(&[link]);
        assert!(!entries.iter().any(|entry| entry.kind == 'R'), "{entries:#?}");
        assert_eq!(entries.iter().any(|entry| entry.kind == 'U'), is_unseen, "{link}: {entries:#?}");
    }
}
