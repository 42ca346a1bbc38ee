//! The calls of Python that are changes, and a journal that is enough to undo them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::engine::Engine;
use crate::python::{command, finish, python, run};
use crate::undo::{entries, tree, undo};

/// Python code that changes `p`, which is a file, or `n`, which does not exist yet.
const CHANGES: &[&str] = &[
    "open(p, 'w').close()",
    "open(p, 'a').close()",
    "open(p, 'r+').close()",
    "open(n, 'w').close()",
    "open(n, 'x').close()",
    "os.close(os.open(n, os.O_CREAT | os.O_WRONLY))",
    "os.unlink(p)",
    "os.remove(p)",
    "os.rename(p, n)",
    "os.replace(p, n)",
    "os.link(p, n)",
    "os.symlink('x', n)",
    "os.mkdir(n)",
    "os.makedirs(n)",
    "os.chmod(p, 0o600)",
    "os.utime(p)",
    "os.truncate(p, 0)",
    "__import__('shutil').copy('source', n)",
    "__import__('shutil').copyfile('source', n)",
    "__import__('shutil').move(p, n)",
    "__import__('pathlib').Path(n).touch()",
    "__import__('pathlib').Path(p).unlink()",
    "__import__('pathlib').Path(n).mkdir()",
];

#[test]
fn changes_are_asked_while_commands_are_open() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    fs::write(folder.path().join("source"), "s").unwrap();
    let mut script = "begin()\nrecord()\n".to_owned();
    for (number, code) in CHANGES.iter().enumerate() {
        fs::write(folder.path().join(format!("old-{number}.")), "").unwrap();
        script += &format!("p, n = 'old-{number}.', 'new-{number}.'\n{code}\n");
    }
    run(python, &engine, folder.path(), &script);
    let seen = engine.seen();
    for (number, code) in CHANGES.iter().enumerate() {
        let is_asked = |name: &str| !code.contains(name) || seen.asked(b'C', &format!("{name}-{number}."));
        let name = if code.contains("(n") || code.contains(" n)") { "new" } else { "old" };
        assert!(is_asked(name) && seen.asked(b'C', &format!("{name}-{number}.")), "{code}");
    }
    // Nothing is journalled without a snapshot.
    assert!(!engine.undo().join("log").exists());
}

#[test]
fn an_output_that_comes_while_the_answer_is_awaited_is_kept() {
    // The engine puts the output at its final path before it answers, so what the process saw before does not count.
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.pend("late.o");
    let script = "
begin()
assert ask('snapshot') == 'taken'
record()
say('ready')
time.sleep(0.2)
open('late.o', 'r+').write('new')
";
    // `r+` fails if there is no file, so only the answer to the question may decide.
    let script = script.replace("time.sleep(0.2)", "while not os.path.exists('go'): time.sleep(0.01)");
    let child = command(python, &engine, folder.path(), &script).spawn().unwrap();
    engine.wait_text("ready");
    fs::write(folder.path().join("late.o"), "old").unwrap();
    fs::write(folder.path().join("go"), "").unwrap();
    assert!(finish(child).status.success());
    assert!(engine.seen().asked(b'C', "late.o"));
    undo(&engine.undo());
    assert_eq!(fs::read_to_string(folder.path().join("late.o")).unwrap(), "old");
}

#[test]
fn a_missing_file_is_asked_for_before_an_open_without_creation_fails() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.pend("absent.o");
    let script = "
try:
    open('absent.o', 'r+')
except OSError:
    pass
";
    run(python, &engine, folder.path(), script);
    assert!(engine.seen().asked(b'C', "absent.o"));
}

#[test]
fn what_cannot_be_taken_back_is_settled_first() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let other = elsewhere.path().join("file");
    for (why, code) in [
        ("outside", format!("open({other:?}, 'w').close()")),
        ("outside", "os.mkfifo('fifo')".to_owned()),
        ("outside", "os.chown('file', -1, -1)".to_owned()),
        ("socket", "s = socket.socket(socket.AF_UNIX); s.bind('socket')".to_owned()),
        ("signal", "os.kill(os.getpid(), 0)".to_owned()),
    ] {
        fs::write(folder.path().join("file"), "").unwrap();
        let script = format!("begin()\nassert ask('snapshot') == 'taken'\nrecord()\n{code}\n");
        engine.seen().questions.clear();
        run(python, &engine, folder.path(), &script);
        assert!(engine.seen().settled(why), "{code}: {:?}", engine.seen().questions);
    }
}

#[test]
fn a_reply_can_settle() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.seen().reply = 1;
    let script = "
begin()
assert ask('snapshot') == 'taken' and ask('live') == 'yes'
record()
open('first', 'w').close()
assert ask('live') == 'no'
open('second', 'w').close()
";
    run(python, &engine, folder.path(), script);
    let seen = engine.seen();
    assert!(seen.asked(b'C', "first") && !seen.asked(b'C', "second"));
}

#[test]
fn entries_are_those_of_the_specification() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    for name in ["write", "unlink", "over", "onto", "mode", "time"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    fs::create_dir(folder.path().join("gone")).unwrap();
    symlink("target", folder.path().join("link")).unwrap();
    let script = "
begin()
assert ask('snapshot') == 'taken'
record()
open('new', 'w').close()
open('write', 'w').close()
os.unlink('unlink')
os.rename('over', 'onto')
os.unlink('link')
os.rmdir('gone')
os.chmod('mode', 0o600)
os.utime('time', (1, 2))
";
    run(python, &engine, folder.path(), script);
    let found = entries(&engine.undo());
    let kinds: String = found.iter().map(|entry| char::from(entry.0)).collect();
    // Removed files are moved aside if possible, and copied first otherwise.
    let kinds = kinds.replace("BF", "B");
    assert_eq!(kinds, "AFBBRLDPT");
    let root = folder.path().canonicalize().unwrap();
    for (_, fields) in &found {
        assert!(Path::new(std::str::from_utf8(&fields[0]).unwrap()).starts_with(&root));
    }
    let link = found.iter().find(|entry| entry.0 == b'L').unwrap();
    assert_eq!(link.1[1], b"target");
}

/// Random changes, drawn in Python so that the script can be shown and run again.
const RANDOM: &str = "
import random, shutil
r = random.Random(SEED)
names = ['a', 'b', 'c', 'd', 'e', 'f']
def path():
    folders = [x for x, _, _ in os.walk('.')]
    return os.path.join(r.choice(folders), r.choice(names))
def step():
    p, q = path(), path()
    return r.choice([
        lambda: open(p, 'w').write('w%d' % r.randrange(99)),
        lambda: open(p, 'a').write('a%d' % r.randrange(99)),
        lambda: open(p, 'r+').write('r'),
        lambda: open(p, 'x').write('x'),
        lambda: os.truncate(p, 1),
        lambda: os.unlink(p),
        lambda: os.rmdir(p),
        lambda: os.rename(p, q),
        lambda: os.replace(p, q),
        lambda: os.link(p, q),
        lambda: os.symlink(q, p),
        lambda: os.mkdir(p),
        lambda: os.makedirs(os.path.join(p, 'a')),
        lambda: os.chmod(p, r.choice([0o600, 0o644, 0o755, 0o400])) if os.path.isfile(p) else None,
        lambda: os.utime(p, (r.randrange(9999), r.randrange(9999))),
        lambda: shutil.copy(p, q),
        lambda: None if (q + '/').startswith(p + '/') else shutil.copytree(p, q, symlinks=True),
        lambda: shutil.rmtree(p),
        lambda: shutil.move(p, q),
        lambda: os.unlink(p + '/'),
    ])
def steps(count):
    done = 0
    for _ in range(count):
        try:
            step()()
            done += 1
        except (OSError, shutil.Error):
            pass
    return done
";

fn random(seed: u32) -> String {
    RANDOM.replace("SEED", &seed.to_string())
}

#[test]
fn random_changes_are_taken_back() {
    let Some(python) = python() else { return };
    for seed in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        let script = format!("{}\nsteps(60)\n", random(seed));
        run(python, &engine, folder.path(), &script);
        let before = tree(folder.path());
        let changes = random(seed + 1000);
        let script = format!(
            "begin()\nassert ask('snapshot') == 'taken'\nrecord()\n{changes}\nassert steps(80) > 5\nassert ask('live') == 'yes'"
        );
        run(python, &engine, folder.path(), &script);
        let after = tree(folder.path());
        assert_ne!(before, after, "seed {seed}");
        undo(&engine.undo());
        assert_eq!(tree(folder.path()), before, "seed {seed}: {after:#?}");
    }
}

#[test]
fn changes_are_taken_back_wherever_the_process_is_stopped() {
    let Some(python) = python() else { return };
    for seed in 0..12_u32 {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        run(python, &engine, folder.path(), &format!("{}\nsteps(60)\n", random(seed)));
        let before = tree(folder.path());
        let script = format!(
            "begin()\nif ask('snapshot') == 'resumed 1':\n    os._exit(9)\nrecord()\n{}\nsay('go')\nwhile True: steps(1)\n",
            random(seed + 2000)
        );
        let child = command(python, &engine, folder.path(), &script).spawn().unwrap();
        engine.wait_text("go");
        std::thread::sleep(std::time::Duration::from_micros(u64::from(seed) * 3701 % 40_000));
        engine.park(child.id());
        undo(&engine.undo());
        assert_eq!(tree(folder.path()), before, "seed {seed}");
        engine.resume(0, "1");
        assert_eq!(finish(child).status.code(), Some(9));
    }
}
