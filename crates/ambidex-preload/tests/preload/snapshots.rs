//! Snapshots, which go on as the process that they were taken of, and are not taken where they could not.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;

use crate::engine::{Engine, signal};
use crate::python::{command, finish, python, pythons, run};
use crate::undo::undo;

/// Starts a process that takes a snapshot, says so and waits. The snapshot runs `then`.
fn start(
    python: &std::path::Path,
    engine: &Engine,
    folder: &std::path::Path,
    before: &str,
    then: &str,
) -> Child {
    let then = then.replace('\n', "\n    ");
    let script = format!(
        "begin()\n{before}\nanswer = ask('snapshot')\nif answer.startswith('resumed'):\n    {then}\n    sys.exit(0)\n\
         assert answer == 'taken', answer\nrecord()\nsay('waiting')\ntime.sleep(50)\n"
    );
    let child = command(python, engine, folder, &script).spawn().unwrap();
    engine.wait_text("waiting");
    child
}

#[test]
fn a_snapshot_goes_on_with_memory_files_and_numbers() {
    for python in pythons() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        fs::write(folder.path().join("read"), "abcdefgh").unwrap();
        fs::create_dir(folder.path().join("many")).unwrap();
        for number in 0..2000 {
            fs::write(folder.path().join(format!("many/{number}")), "").unwrap();
        }
        let script = "
begin()
pid, parent, value = os.getpid(), os.getppid(), ['old']
read = os.open('read', os.O_RDONLY); os.read(read, 3)
written = os.open('written', os.O_RDWR | os.O_CREAT); os.write(written, b'before')
appended = os.open('appended', os.O_WRONLY | os.O_APPEND | os.O_CREAT); os.write(appended, b'before')
listed = os.scandir('many'); names = [next(listed).name for _ in range(5)]
answer = ask('snapshot')
if answer == 'taken':
    record()
    value[0] = 'new'
    os.read(read, 3)
    os.write(written, b'after'); os.pwrite(written, b'X', 0)
    os.write(appended, b'after')
    for entry in listed: pass
    say('waiting')
    time.sleep(50)
assert answer == 'resumed 3 1', answer
assert value == ['old'] and ask('live') == 'no'
assert (os.getpid(), os.getppid()) == (pid, parent)
assert os.read(read, 3) == b'def'
os.write(written, b'-then')
os.write(appended, b'-then')
names += [entry.name for entry in listed]
assert len(names) == len(set(names)) == 2000, len(names)
record()
say('resumed')
sys.exit(7)
";
        let child = command(&python, &engine, folder.path(), script).spawn().unwrap();
        engine.wait_text("waiting");
        let greeting = engine.seen().greetings[0].clone();
        assert_eq!(greeting, format!("K7 0 {} 0", child.id()));
        engine.park(child.id());
        undo(&engine.undo());
        engine.resume(0, "3 1");
        let output = finish(child);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(7), "{}: {error}", python.display());
        assert_eq!(fs::read_to_string(folder.path().join("written")).unwrap(), "before-then");
        assert_eq!(fs::read_to_string(folder.path().join("appended")).unwrap(), "before-then");
        engine.wait("what was printed last", |seen| seen.text(1).ends_with("resumed\n"));
    }
}

#[test]
fn what_the_successor_ends_by_is_handed_on() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (end, code, by) in [
        ("sys.exit(5)", Some(5), None),
        ("os._exit(255)", Some(255), None),
        ("os.kill(os.getpid(), 15)", None, Some(15)),
        ("os.abort()", None, Some(6)),
        (
            "import signal; signal.pthread_kill(signal.pthread_sigmask and __import__('threading').get_ident(), 10)",
            None,
            Some(10),
        ),
        ("os.kill(os.getpid(), 9)", None, Some(9)),
    ] {
        let engine = Engine::new(folder.path());
        let child = start(python, &engine, folder.path(), "", end);
        engine.park(child.id());
        engine.resume(0, "0");
        let status = finish(child).status;
        assert_eq!((status.code(), status.signal()), (code, by), "{end}");
    }
}

#[test]
fn signals_reach_the_successor_and_no_handler_runs_in_the_parked_process() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let before = "
import signal
handled = []
def handle(number, frame):
    handled.append(number)
    os.write(1, b'signal %d\\n' % number)
for number in 1, 10, 12, 15, 14, 34: signal.signal(number, handle)
";
    let then = "record()\nsay('resumed')\nwhile len(handled) < 6: time.sleep(0.01)\nsys.exit(4)";
    let mut child = start(python, &engine, folder.path(), before, then);
    engine.park(child.id());
    engine.resume(0, "0");
    engine.wait_text("resumed");
    for number in [1, 10, 12, 15, 14, 34] {
        signal(child.id(), number);
        engine.wait_text(&format!("signal {number}\n"));
        // The process ends by itself after the last signal.
        if number != 34 {
            assert!(child.try_wait().unwrap().is_none());
        }
    }
    let output = finish(child);
    assert_eq!(output.status.code(), Some(4));
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn a_chain_of_snapshots_goes_on() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
pid = os.getpid()
for turn in range(4):
    for _ in range(3):
        answer = ask('snapshot')
        if answer.startswith('resumed'):
            break
        assert answer == 'taken', answer
        record()
    assert os.getpid() == pid
    if not answer.startswith('resumed'):
        say('waiting %d' % turn)
        time.sleep(50)
    record()
say('end')
sys.exit(6)
";
    let child = command(python, &engine, folder.path(), script).spawn().unwrap();
    for turn in 0..4 {
        engine.wait_text(&format!("waiting {turn}\n"));
        let greeting = engine.seen().greetings.last().unwrap().clone();
        let active: u32 = greeting.split(' ').nth(2).unwrap().parse().unwrap();
        engine.park(active);
        let newest = engine.seen().snapshots.len() - 1;
        engine.resume(newest, "1");
    }
    let output = finish(child);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
}

#[test]
fn an_older_snapshot_goes_on_while_younger_ones_go() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
for turn in range(5):
    answer = ask('snapshot')
    if answer != 'taken':
        sys.exit(20 + turn)
    record()
say('waiting')
time.sleep(50)
";
    let child = command(python, &engine, folder.path(), script).spawn().unwrap();
    engine.wait_text("waiting");
    engine.park(child.id());
    engine.resume(2, "");
    assert_eq!(finish(child).status.code(), Some(22));
}

#[test]
fn snapshots_that_go_are_not_noticed() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import signal
def child(*_): os.write(2, b'SIGCHLD')
signal.signal(signal.SIGCHLD, child)
begin()
for _ in range(150):
    assert ask('snapshot') == 'taken'
    record()
    say('taken')
    while not os.path.exists('/proc/self/task/%d/children' % os.getpid()): break
    ask('sends'); frame(b'let go'); ask('replied')
    time.sleep(0.003)
ask('settled')
try:
    os.waitpid(-1, os.WNOHANG)
    sys.exit(1)
except ChildProcessError:
    pass
";
    let child = command(python, &engine, folder.path(), script).spawn().unwrap();
    let id = child.id();
    let output = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| finish(child));
        while !waiting.is_finished() {
            engine.seen().snapshots.clear();
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        waiting.join().unwrap()
    });
    assert!(output.status.success() && output.stderr.is_empty(), "{id}: {output:?}");
}

#[test]
fn a_parked_process_without_successor_is_killed() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let child = start(python, &engine, folder.path(), "", "pass");
    engine.park(child.id());
    engine.seen().snapshots.clear();
    assert_eq!(finish(child).status.signal(), Some(9));
}

#[test]
fn snapshots_end_with_their_process() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    // The output is read to its end. A snapshot that stayed would keep it open.
    run(python, &engine, folder.path(), "begin()\nassert ask('snapshot') == 'taken'\n");
}

#[test]
fn no_snapshot_is_taken_where_it_would_not_be_exact() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (code, reason) in [
        (
            "import threading; e = threading.Event(); threading.Thread(target=e.wait, daemon=True).start()",
            "threads",
        ),
        ("import subprocess; p = subprocess.Popen(['sleep', '1'], stdout=None)", "processes"),
        ("p = os.pipe()", "descriptors"),
        ("s = socket.socketpair()", "descriptors"),
        ("s = socket.socket()", "descriptors"),
        ("import select; e = select.epoll()", "descriptors"),
        ("import signal; signal.setitimer(signal.ITIMER_REAL, 50)", "timers"),
        ("import signal; signal.setitimer(signal.ITIMER_PROF, 50)", "timers"),
        ("import signal; signal.alarm(50)", "timers"),
        ("import mmap; m = mmap.mmap(-1, 4096)", "memory"),
        ("import fcntl; f = open('locked', 'w'); fcntl.lockf(f, fcntl.LOCK_EX)", "locks"),
        ("f = open('large', 'w'); f.truncate(17 << 20)", "files"),
    ] {
        let engine = Engine::new(folder.path());
        let script = format!("begin()\n{code}\nprint(ask('snapshot'))\nsys.stdout.flush()\nos._exit(0)");
        let answer = run(python, &engine, folder.path(), &script);
        let expected = format!("refused {reason}\n");
        // If the file system can share content, large files are kept too.
        assert!(answer == expected || reason == "files" && answer == "taken\n", "{code}: {answer}");
    }
    let engine = Engine::new(folder.path());
    let script = "
print(ask('snapshot'))
begin()
null, random, file = open('/dev/null', 'w'), open('/dev/urandom', 'rb'), open('file', 'w')
import mmap; private = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE)
path = os.open('.', os.O_PATH)
print(ask('snapshot'))
";
    assert_eq!(run(python, &engine, folder.path(), script), "error 2\ntaken\n");
}

#[test]
fn what_was_open_from_the_start_does_not_matter() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import subprocess
receiving, sending = os.pipe()
os.set_inheritable(receiving, True)
code = os.environ['CODE'] + '\\nbegin()\\nassert ask(\"snapshot\") == \"taken\", ask(\"snapshot\")\\n'
subprocess.check_call([sys.executable, '-c', code], pass_fds=[receiving])
";
    // The child gets the same beginning.
    let mut command = command(python, &engine, folder.path(), script);
    let begin = command
        .get_args()
        .last()
        .unwrap()
        .to_str()
        .unwrap()
        .split("import subprocess")
        .next()
        .unwrap()
        .to_owned();
    command.env("CODE", begin);
    let output = finish(command.spawn().unwrap());
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn libraries_may_end_their_threads_before() {
    // As with OpenBLAS, a thread ends in a handler of `pthread_atfork`.
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("idle.c");
    fs::write(
        &source,
        "#include <pthread.h>\nstatic pthread_t t; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;\n\
         static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static int stop;\n\
         static void *idle(void *p) { pthread_mutex_lock(&m); while (!stop) pthread_cond_wait(&c, &m);\n\
         pthread_mutex_unlock(&m); return p; }\n\
         static void end(void) { if (stop) return; pthread_mutex_lock(&m); stop = 1; pthread_cond_signal(&c);\n\
         pthread_mutex_unlock(&m); pthread_join(t, 0); }\n\
         void begin(void) { pthread_create(&t, 0, idle, 0); pthread_atfork(end, 0, 0); }\n",
    )
    .unwrap();
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-pthread", "-o", "libidle.so", "idle.c"])
        .current_dir(folder.path())
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no C compiler");
        return;
    }
    let engine = Engine::new(folder.path());
    let script = "
import ctypes, signal
def child(*_): os.write(2, b'SIGCHLD')
signal.signal(signal.SIGCHLD, child)
ctypes.CDLL('./libidle.so').begin()
begin()
assert len(os.listdir('/proc/self/task')) == 2
answer = ask('snapshot')
assert answer == 'taken', answer
";
    let output = finish(command(python, &engine, folder.path(), script).spawn().unwrap());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn until_a_command_is_told_nothing_is_taken_for_settled() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    engine.seen().reply = 1;
    engine.pend("pending");
    let script = "
begin()
assert ask('snapshot') == 'taken' and ask('announce') == 'live'
os.path.exists('pending')
ask('sends record')
os.path.exists('pending')
say('behind the command')
A.sendall(struct.pack('>I', 7) + b'rec')
os.path.exists('pending')
A.sendall(b'ord!')
os.path.exists('pending')
ask('replied')
say('settled')
";
    let printed = run(python, &engine, folder.path(), script);
    assert_eq!(printed, "settled\n");
    let seen = engine.seen();
    let looks =
        seen.questions.iter().filter(|question| question.paths.iter().any(|path| path.ends_with("pending")));
    let asked: Vec<(u64, bool)> = looks.map(|question| (question.sent, question.announced)).collect();
    // Text that is printed before the command is sent goes the same way, with its destination.
    assert_eq!(asked, [(0, true), (0, true), (1, true), (2, false)]);
    assert_eq!(seen.text(1), "behind the command\n");
}

#[test]
fn what_was_sent_since_stays_open() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
record()
say('one')
ask('settled 1')
say('two')
ask('settled 3')
say('three')
";
    let printed = run(python, &engine, folder.path(), script);
    assert_eq!((printed.as_str(), engine.seen().text(1).as_str()), ("three\n", "one\ntwo\n"));
}
