//! The calls of Python that are looks; the engine sees none of them while nothing is pending.

use std::fs;

use crate::engine::Engine;
use crate::python::{python, run};

/// Python code that looks at `p`, or lists the directory `d`.
const LOOKS: &[&str] = &[
    "os.stat(p)",
    "os.lstat(p)",
    "os.path.exists(p)",
    "os.access(p, os.R_OK)",
    "os.access(p, os.R_OK, effective_ids=True)",
    "open(p).close()",
    "open(p, 'rb').close()",
    "os.close(os.open(p, os.O_RDONLY))",
    "os.readlink(p)",
    "os.stat(os.path.basename(p), dir_fd=f)",
    "os.close(os.open(os.path.basename(p), os.O_RDONLY, dir_fd=f))",
    "os.getxattr(p, 'user.none')",
    "os.listxattr(p)",
    "__import__('pathlib').Path(p).is_file()",
    "__import__('shutil').copy(p, p + '.copy')",
    "__import__('filecmp').cmp(p, p)",
    "__import__('importlib.machinery').machinery.SourceFileLoader('m', p).get_data(p)",
    "__import__('runpy').run_path(p)",
    "__import__('zipfile').is_zipfile(p)",
    "__import__('tarfile').is_tarfile(p)",
];

const LISTINGS: &[&str] = &[
    "os.listdir(d)",
    "list(os.scandir(d))",
    "list(os.walk(d))",
    "__import__('glob').glob(d + '/*')",
    "list(__import__('pathlib').Path(d).iterdir())",
    "os.listdir(os.open(d, os.O_RDONLY))",
];

#[test]
fn looks_at_something_pending_are_asked() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let mut script = "f = os.open('.', os.O_RDONLY)\n".to_owned();
    for (number, code) in LOOKS.iter().enumerate() {
        let name = format!("look-{number}.o");
        fs::write(folder.path().join(&name), "").unwrap();
        engine.pend(&name);
        script +=
            &format!("p = os.path.abspath('{name}')\ntry: {code}\nexcept (OSError, AttributeError): pass\n");
    }
    for (number, code) in LISTINGS.iter().enumerate() {
        let name = format!("folder-{number}");
        fs::create_dir(folder.path().join(&name)).unwrap();
        engine.pend_in(&name);
        script += &format!("d = '{name}'\n{code}\n");
    }
    run(python, &engine, folder.path(), &script);
    let seen = engine.seen();
    for (number, code) in LOOKS.iter().enumerate() {
        assert!(seen.asked(b'L', &format!("/look-{number}.o")), "{code}");
    }
    for (number, code) in LISTINGS.iter().enumerate() {
        assert!(seen.asked(b'L', &format!("folder-{number}")), "{code}");
    }
    assert!(seen.questions.iter().all(|question| question.sent == 0 && question.program == "-"));
}

#[test]
fn links_and_vague_names_are_asked_and_others_are_not() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.pend("a.o");
    let script = "
os.symlink('a.o', 'link')
os.path.exists('link')
os.stat('.')
os.path.exists('other')
os.listdir('/proc/self')
os.path.exists('/proc/a.o')
os.path.exists('/dev/a.o')
";
    run(python, &engine, folder.path(), script);
    let seen = engine.seen();
    assert!(seen.asked(b'L', "link"));
    assert!(seen.questions.iter().any(|question| question.kind == b'L' && question.paths == ["."]));
    assert!(!seen.asked(b'L', "other") && !seen.asked(b'L', "/proc/self"));
    assert!(!seen.asked(b'L', "a.o"));
}

#[test]
fn where_nothing_is_pending_nothing_is_asked() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import shutil, subprocess, threading
begin()
open('a', 'w').close()
os.stat('a'), os.listdir('.'), os.rename('a', 'b'), shutil.copy('b', 'c'), os.unlink('c')
subprocess.check_call(['true'])
thread = threading.Thread(target=len, args=('',)); thread.start(); thread.join()
os.symlink('b', 'd'), os.stat('d'), os.chmod('b', 0o600), os.utime('b')
";
    run(python, &engine, folder.path(), script);
    assert!(engine.seen().questions.is_empty(), "{:?}", engine.seen());
}

#[test]
fn an_unanswered_request_makes_every_look_a_question() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
ask('sends'); frame(b'request')
os.path.exists('while-unanswered')
ask('replied')
os.path.exists('afterwards')
";
    run(python, &engine, folder.path(), script);
    let seen = engine.seen();
    let question = seen.questions.iter().find(|question| question.paths == ["while-unanswered"]).unwrap();
    assert_eq!((question.kind, question.sent, question.program.as_str()), (b'L', 1, "7"));
    assert!(!seen.asked(b'L', "afterwards"));
}

#[test]
fn the_session_owner_is_known_even_if_it_has_asked_before() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.pend("early.o");
    engine.pend("late.o");
    run(python, &engine, folder.path(), "os.path.exists('early.o')\nbegin()\nos.path.exists('late.o')\n");
    let seen = engine.seen();
    let program = |name: &str| {
        let question = seen.questions.iter().find(|question| question.paths == [name]).unwrap();
        question.program.clone()
    };
    assert_eq!((program("early.o").as_str(), program("late.o").as_str()), ("-", "7"));
}

#[test]
fn the_engines_folder_is_hidden_and_goes_with_its_parent() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    for parent in ["one", "two", "three"] {
        fs::create_dir_all(folder.path().join(parent).join(".ambidex/obj/deep")).unwrap();
        fs::write(folder.path().join(parent).join(".ambidex/obj/deep/file"), "").unwrap();
    }
    fs::write(folder.path().join("three/file"), "").unwrap();
    let script = "
import shutil
assert os.listdir('one') == [], os.listdir('one')
assert [entry.name for entry in os.scandir('three')] == ['file']
assert list(os.walk('one')) == [('one', [], [])]
os.rmdir('one')
shutil.rmtree('two')
try:
    os.rmdir('three')
except OSError:
    pass
assert not os.path.exists('one') and not os.path.exists('two')
assert os.path.exists('three/file') and os.path.exists('three/.ambidex/obj')
";
    run(python, &engine, folder.path(), script);
}

#[test]
fn control_calls_answer_and_attributes_are_the_process_own() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import resource, signal
assert ask('hello') == '2'
assert ask('sends') == 'error 2' and ask('nonsense') == 'error 2'
os.umask(0o27); os.nice(3)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
mask, nice, limits, blocked = ask('attributes').split()
assert (int(mask, 8), int(nice)) == (0o27, os.nice(0)), (mask, nice)
limits = [tuple(map(int, pair.split(':'))) for pair in limits.split(',')]
assert len(limits) == 16
files = resource.getrlimit(resource.RLIMIT_NOFILE)
assert limits[resource.RLIMIT_NOFILE] == files, limits
assert int(blocked, 16) == 1 << (signal.SIGUSR1 - 1), blocked
begin()
assert ask('live') == 'no' and ask('sends') == 'ok' and ask('replied') == 'ok' and ask('settled') == 'ok'
";
    run(python, &engine, folder.path(), script);
}

#[test]
fn without_an_engine_the_library_does_nothing() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".ambidex")).unwrap();
    let engine = Engine::new(folder.path());
    for socket in [None, Some("/nonexistent/socket")] {
        let script = "assert ask('hello') == 'error 2'\nassert os.listdir('.') == ['.ambidex']";
        let mut command = crate::python::command(python, &engine, folder.path(), script);
        match socket {
            Some(socket) => command.env("AMBIDEX_SOCKET", socket),
            None => command.env_remove("AMBIDEX_SOCKET"),
        };
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
