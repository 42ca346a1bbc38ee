//! `ambidex cache`: managing the store by hand, and finding its directory.

mod support;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{Environment, Workspace, run, shared_source};
use tempfile::TempDir;
use walkdir::WalkDir;

/// A content and its name, computed by `b3sum`.
const CONTENT: &str = "content";
const NAME: &str = "3fba5250be9ac259c56e7250c526bc83bacb4be825f2799d3d59e5b4878dd74e";

/// Returns a temporary directory, and the path of a cache in it that does not exist yet.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let cache = folder.path().join("cache");
    (folder, cache)
}

/// Returns an `ambidex cache` command for a store in this directory, with no other environment variable that matters.
fn cache(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ambidex"));
    command.arg("cache").args(arguments).env("AMBIDEX_CACHE_DIR", folder).env_remove("AMBIDEX_CACHE_SIZE");
    command
}

fn stats(folder: &Path) -> Value {
    let ran = run(&mut cache(folder, &["stats", "--format", "json"])).expect(0);
    serde_json::from_str(&ran.stdout).expect("it is JSON")
}

/// Puts a content at the path where the store keeps it.
fn put(folder: &Path, name: &str, content: &str) -> PathBuf {
    let shard = folder.join("v1/content").join(&name[..2]);
    fs::create_dir_all(&shard).unwrap();
    fs::write(shard.join(name), content).unwrap();
    shard.join(name)
}

#[test]
fn stats_tell_what_is_there() {
    let (_folder, cache_folder) = folder();
    let ran = run(&mut cache(&cache_folder, &["stats"])).expect(0);
    let expected =
        format!("folder   {}\nsize     0 bytes of 5.0 GiB\nfiles    0\nrecords  0\n", cache_folder.display());
    assert_eq!((ran.stdout, ran.stderr), (expected, String::new()));
    put(&cache_folder, NAME, CONTENT);
    let expected = json!({ "folder": cache_folder, "limit": 5_u64 << 30, "bytes": 4096, "files": 1, "records": 0, "days": [] });
    assert_eq!(stats(&cache_folder), expected);
}

#[test]
fn stats_tell_what_builds_have_found() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    let cache_folder = workspace.beside("store");
    workspace.store = Some(cache_folder.clone());
    workspace.build(&[]);
    workspace.build(&[]);
    workspace.copy_again();
    workspace.build(&[]);
    // A build that starts in the last second of a day would add a day.
    let days = stats(&cache_folder)["days"].clone();
    let sum =
        |name: &str| days.as_array().unwrap().iter().map(|day| day[name].as_u64().unwrap()).sum::<u64>();
    let sums = ["builds", "cached", "remote", "executed"].map(sum);
    assert_eq!(sums, [2, 6, 0, 6], "one build had nothing to do: {days}");
    let text = run(&mut cache(&cache_folder, &["stats"])).expect(0).stdout;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.contains(&vec!["in", "all", "2", "6", "0", "6"]), "{text}");
    run(&mut cache(&cache_folder, &["clear"])).expect(0);
    assert_eq!(stats(&cache_folder)["days"], json!([]));
}

#[test]
fn verify_removes_damage() {
    let (_folder, cache_folder) = folder();
    let file = put(&cache_folder, NAME, CONTENT);
    let ran = run(&mut cache(&cache_folder, &["verify"])).expect(0);
    assert_eq!(ran.stdout, "1 file and 0 records are right\n");
    fs::write(&file, "damaged").unwrap();
    let ran = run(&mut cache(&cache_folder, &["verify"])).expect(1);
    assert_eq!(ran.stdout, "0 files and 0 records are right\n1 file had damage, which is removed\n");
    assert!(!file.exists());
    run(&mut cache(&cache_folder, &["verify"])).expect(0);
}

#[test]
fn gc_keeps_to_the_limit() {
    let (_folder, cache_folder) = folder();
    let file = |n: u8| put(&cache_folder, &format!("{n:064x}"), "x");
    for n in 0..10 {
        let time =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + u64::from(n));
        File::options().append(true).open(file(n)).unwrap().set_modified(time).unwrap();
    }
    let ran = run(cache(&cache_folder, &["gc"]).env("AMBIDEX_CACHE_SIZE", "20k")).expect(0);
    assert_eq!(ran.stdout, "removed 6 files, 24.0 KiB\n");
    let left: Vec<bool> =
        (0..10).map(|n| cache_folder.join(format!("v1/content/00/{n:064x}")).exists()).collect();
    assert_eq!(left, [[false; 6].as_slice(), &[true; 4]].concat());
    let ran = run(cache(&cache_folder, &["gc"]).env("AMBIDEX_CACHE_SIZE", "20k")).expect(0);
    assert_eq!(ran.stdout, "removed 0 files, 0 bytes\n");
}

#[test]
fn clear_removes_everything() {
    let (_folder, cache_folder) = folder();
    put(&cache_folder, NAME, CONTENT);
    let ran = run(&mut cache(&cache_folder, &["clear"])).expect(0);
    assert_eq!(ran.stdout, format!("{} is empty\n", cache_folder.display()));
    assert_eq!(stats(&cache_folder)["files"], 0);
}

#[test]
fn the_folder_is_the_users_cache_folder_unless_another_is_named() {
    let (folder, _) = folder();
    let home = folder.path().join("home");
    let xdg = folder.path().join("xdg");
    let told = |command: &mut Command| {
        let ran = run(command.env_remove("AMBIDEX_CACHE_DIR").env("HOME", &home)).expect(0);
        ran.stdout.lines().next().unwrap_or_default().to_owned()
    };
    let expect = |path: PathBuf| format!("folder   {}", path.display());
    let mut command = cache(Path::new(""), &["stats"]);
    assert_eq!(told(command.env_remove("XDG_CACHE_HOME")), expect(home.join(".cache/ambidex")));
    assert_eq!(told(command.env("XDG_CACHE_HOME", &xdg)), expect(xdg.join("ambidex")));
    assert_eq!(told(command.env("XDG_CACHE_HOME", "relative")), expect(home.join(".cache/ambidex")));

    let mut relative = cache(Path::new("here"), &["stats"]);
    let ran = run(relative.current_dir(folder.path())).expect(0);
    let here = folder.path().canonicalize().unwrap().join("here");
    assert!(ran.stdout.starts_with(&expect(here)), "{ran}");
}

#[test]
fn a_mistake_is_one_error_and_a_hint() {
    let (folder, cache_folder) = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let expect = |command: &mut Command, words: &[&str]| {
        let ran = run(command).expect(2);
        assert!(ran.stdout.is_empty(), "{ran}");
        let errors = ran.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!((errors, ran.stderr.matches("hint:").count()), (1, 1), "{ran}");
        words.iter().for_each(|word| assert!(ran.stderr.contains(word), "{word}: {ran}"));
    };
    for size in ["much", "5GB", "-1", "1.5G"] {
        let words = ["AMBIDEX_CACHE_SIZE", size, "500M"];
        expect(cache(&cache_folder, &["stats"]).env("AMBIDEX_CACHE_SIZE", size), &words);
    }
    assert!(!cache_folder.exists(), "nothing was made");
    for command in ["stats", "gc", "verify", "clear"] {
        expect(&mut cache(Path::new(""), &[command]), &["AMBIDEX_CACHE_DIR"]);
        expect(&mut cache(&file, &[command]), &[&file.display().to_string(), "AMBIDEX_CACHE_DIR"]);
    }
    let left = WalkDir::new(folder.path()).into_iter().count();
    assert_eq!(left, 2, "the folder and the file");
}
