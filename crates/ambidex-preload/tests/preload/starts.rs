//! Processes that Python starts: they wait for what is pending, are captured too, and work as without the library.

use crate::engine::Engine;
use crate::python::{python, pythons, run};

#[test]
fn starts_threads_and_ends_are_settled_first() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (why, code) in [
        ("process", "import subprocess; subprocess.run(['true'])"),
        ("process", "import subprocess; subprocess.run(['true'], close_fds=False)"),
        ("process", "os.system('true')"),
        ("process", "os.fork() or os._exit(0)"),
        ("process", "os.waitpid(os.fork() or os._exit(0), 0)"),
        ("thread", "import threading; threading.Thread(target=len, args=('',)).start()"),
        ("exit", "os._exit(0)"),
        ("exec", "os.execv('/bin/true', ['true'])"),
        ("exec", "os.execvp('true', ['true'])"),
        ("exec", "os.execve('/bin/true', ['true'], {})"),
    ] {
        let engine = Engine::new(folder.path());
        run(python, &engine, folder.path(), &format!("begin()\nrecord()\n{code}\n"));
        let seen = engine.seen();
        assert!(seen.settled(why), "{code}: {:?}", seen.questions);
        let question = seen.questions.iter().find(|question| question.why == why).unwrap();
        assert_eq!((question.sent, question.program.as_str()), (1, "7"), "{code}");
    }
}

#[test]
fn a_child_by_fork_has_no_session() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import subprocess
begin()
record()
pid = os.fork()
if pid == 0:
    assert ask('sends') == 'error 2' and ask('hello') == '2'
    os.write(1, b'real\\n')
    open('in-the-child', 'w').close()
    os._exit(3)
assert os.waitpid(pid, 0)[1] == 3 << 8
say('text')
";
    let printed = run(python, &engine, folder.path(), script);
    assert_eq!(printed, "real\n");
    assert_eq!(engine.seen().text(1), "text\n");
}

#[test]
fn what_is_pending_is_asked_for_by_children() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.pend("child.o");
    run(
        python,
        &engine,
        folder.path(),
        "import subprocess\nsubprocess.call(['cat', 'child.o'], stderr=-3)\n",
    );
    let seen = engine.seen();
    let question = seen.questions.iter().find(|question| question.paths == ["child.o"]).unwrap();
    assert_eq!((question.kind, question.sent, question.program.as_str()), (b'L', 0, "-"));
}

#[test]
fn the_environment_is_repaired() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = r#"
import subprocess
check = "import os; print(os.readlink('/proc/ambidex/hello'), os.environ['LD_PRELOAD'], os.environ['PYTHONPATH'])"
def run(env, **more):
    out = subprocess.check_output([sys.executable, '-c', check], env=env, **more).decode().split()
    assert out[0] == '2', out
    return out[1:]
library, folder = os.environ['LD_PRELOAD'], os.environ['PYTHONPATH']
assert run({}) == [library, folder]
assert run({}, close_fds=False) == [library, folder]
assert run({'LD_PRELOAD': '', 'PYTHONPATH': '/x', 'AMBIDEX_SOCKET': '/y'}) == [library, folder + ':/x']
assert run({'LD_PRELOAD': '/nonexistent.so'}, stderr=-3)[0] == library + ':/nonexistent.so'
many = {'V%d' % n: 'x' * 20 for n in range(3000)}
assert run(many) == [library, folder]
long = {'PYTHONPATH': ':'.join('/%d' % n for n in range(5000))}
assert run(long) == [library, folder + ':' + long['PYTHONPATH']]
for name in 'LD_PRELOAD', 'PYTHONPATH', 'AMBIDEX_SOCKET': del os.environ[name]
for start in 'execv', 'execvp':
    pid = os.fork()
    if pid == 0:
        sys.stdout.flush()
        getattr(os, start)(sys.executable, [sys.executable, '-c', check + "; assert __import__('sys')"])
    assert os.waitpid(pid, 0)[1] == 0
"#;
    run(python, &engine, folder.path(), script);
}

#[test]
fn every_python_starts_processes_and_takes_snapshots() {
    for python in pythons() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        let script = "
import subprocess, multiprocessing, signal
assert ask('hello') == '2'
for close in True, False:
    for _ in range(5):
        assert subprocess.call(['true'], close_fds=close) == 0
        assert subprocess.check_output(['echo', 'x'], env={}, close_fds=close) == b'x\\n'
try:
    subprocess.call(['/nonexistent/program'])
    sys.exit(1)
except OSError as error:
    assert error.errno == 2
assert subprocess.call('exit 3', shell=True) == 3
begin()
assert ask('snapshot') == 'taken', ask('snapshot')
record()
say('hello')
open('file', 'w').close()
assert os.getpid() == int(os.readlink('/proc/self'))
";
        run(&python, &engine, folder.path(), script);
        assert_eq!(engine.seen().text(1), "hello\n", "{}", python.display());
        assert!(engine.seen().asked(b'C', "file"), "{}", python.display());
    }
}

#[test]
fn the_signal_to_park_is_not_the_programs() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import signal
begin()
assert ask('snapshot') == 'taken'
signal.signal(16, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [16, signal.SIGUSR1])
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
assert 16 not in blocked and signal.SIGUSR1 in blocked
status = open('/proc/self/status').read()
caught = int(status.split('SigCgt:')[1].split()[0], 16)
assert caught >> 15 & 1
";
    run(python, &engine, folder.path(), script);
}
