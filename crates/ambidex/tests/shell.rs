//! The files for shells and for `man`: each shell completes options and commands, and every command has a page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

mod support;

use support::{Ran, on_path, run, skipped};

fn ambidex(arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_ambidex")).args(arguments))
}

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = ambidex(&["completions", shell]).expect(0).stdout;
        for word in ["keep-going", "verify", "export"] {
            assert!(script.contains(word), "{word} for {shell}");
        }
    }
    assert!(ambidex(&["completions", "csh"]).expect(2).stderr.contains("bash"));
}

#[test]
fn bash_completes() {
    let Some(bash) = on_path("bash") else {
        skipped("completions are not tried: there is no bash");
        return;
    };
    let script = ambidex(&["completions", "bash"]).expect(0).stdout;
    let completed = |words: &str| {
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _ambidex ambidex \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             echo \"${{COMPREPLY[@]}}\"\n"
        );
        run(Command::new(&bash).args(["--norc", "-c", &ask])).expect(0).stdout.trim().to_owned()
    };
    assert_eq!(completed("ambidex ver"), "verify");
    assert_eq!(completed("ambidex build --keep"), "--keep-going");
    assert_eq!(completed("ambidex cache exp"), "export");
    assert_eq!(completed("ambidex check --format js"), "json");
}

#[test]
fn every_command_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    // The directory is made.
    let pages = folder.path().join("share/man1");
    ambidex(&["man", pages.to_str().unwrap()]).expect(0);
    let named: BTreeSet<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = [
        "",
        "build",
        "cache",
        "cache-clear",
        "cache-export",
        "cache-gc",
        "cache-import",
        "cache-keys",
        "cache-stats",
        "cache-verify",
        "check",
        "clean",
        "compdb",
        "completions",
        "doctor",
        "explain",
        "graph",
        "man",
        "races",
        "report",
        "run",
        "verify",
        "wheel",
    ];
    let expected = expected.map(|name| format!("ambidex{}{name}.1", if name.is_empty() { "" } else { "-" }));
    assert_eq!(named, expected.into_iter().collect());
    let text = |name: &str| fs::read_to_string(pages.join(name)).unwrap();
    assert!(text("ambidex-build.1").contains("keep\\-going"));
    assert!(text("ambidex.1").contains("ambidex\\-build(1)"));
    assert_eq!(ambidex(&["man"]).expect(0).stdout, text("ambidex.1"));
    expect_readable(&pages.join("ambidex-cache-gc.1"));
}

/// Fails the test unless `man` shows the page without complaints.
#[track_caller]
fn expect_readable(page: &Path) {
    let Some(man) = on_path("man") else {
        skipped("pages are not shown: there is no man");
        return;
    };
    let ran = run(Command::new(man)
        .arg("--warnings")
        .arg("-l")
        .arg(page)
        .env("MANPAGER", "cat")
        .env("LC_ALL", "C"));
    let ran = ran.expect(0);
    assert!(ran.stdout.contains("ambidex cache gc") && ran.stderr.is_empty(), "{ran}");
}
