//! Text, which reaches the engine in order, whole, and with its destination.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::engine::Engine;
use crate::python::{python, run};

#[test]
fn text_is_in_order_with_what_is_recorded() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
say('before')
record()
say('one')
os.write(2, b'error\\n')
record()
sys.stdout.write('two\\n'); sys.stdout.flush()
os.writev(1, [b'three ', b'four\\n'])
os.write(1, b'x' * 3000000)
ask('settled')
say('after')
";
    let printed = run(python, &engine, folder.path(), script);
    assert_eq!(printed, "before\nafter\n");
    let seen = engine.seen();
    let short: Vec<String> = seen
        .frames
        .iter()
        .map(|frame| String::from_utf8_lossy(&frame.payload[..frame.payload.len().min(12)]).into_owned())
        .collect();
    assert_eq!(short[..5], ["record", "T1one\n", "T2error\n", "record", "T1two\n"]);
    assert_eq!(seen.text(1), format!("one\ntwo\nthree four\n{}", "x".repeat(3_000_000)));
    assert!(seen.frames.iter().all(|frame| frame.payload.len() <= (1 << 20) + 2));
}

#[test]
fn frames_of_text_are_counted() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    run(python, &engine, folder.path(), "begin()\nrecord()\nsay('a')\nsay('b')\nopen('c', 'w').close()\n");
    let seen = engine.seen();
    let question = seen.questions.iter().find(|question| question.kind == b'C').unwrap();
    assert_eq!(question.sent, 3);
}

#[test]
fn the_engine_is_told_where_text_goes() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
record()
say('first')
fd = os.open('log', os.O_WRONLY | os.O_CREAT)
kept = os.dup(1)
os.dup2(fd, 1)
say('in the log')
os.dup2(kept, 1)
record()
say('last')
";
    run(python, &engine, folder.path(), script);
    let seen = engine.seen();
    let kinds: Vec<u8> = seen.frames.iter().map(|frame| frame.payload[0]).collect();
    assert_eq!(String::from_utf8_lossy(&kinds), "rTXFTXFrT");
    let sinks = &seen.frames[3].inodes;
    let log = fs::metadata(folder.path().join("log")).unwrap();
    assert_eq!((sinks.len(), sinks[0]), (2, log.ino()));
    assert_eq!(log.len(), 0, "it waits at the engine");
    assert_eq!(seen.text(1), "first\nin the log\nlast\n");
}

#[test]
fn other_descriptors_are_written_as_ever_or_settled_first() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
record()
file = open('file', 'w'); file.write('real'); file.close()
null = os.open(os.devnull, os.O_WRONLY); os.write(null, b'gone')
copy = os.dup(1); os.write(copy, b'by a copy\\n')
assert not any(False for _ in ())
open('mark', 'w').close()
receiving, sending = os.pipe()
os.write(sending, b'pipe')
assert os.read(receiving, 9) == b'pipe'
";
    run(python, &engine, folder.path(), script);
    let seen = engine.seen();
    assert_eq!(seen.text(1), "by a copy\n");
    assert!(seen.settled("write"));
    let mark = seen.questions.iter().position(|question| question.paths == ["mark"]).unwrap();
    assert!(!seen.questions[..mark].iter().any(|question| question.kind == b'S' && question.why == "write"));
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "real");
}

#[test]
fn streams_of_the_c_library_are_settled_first() {
    let Some(python) = python() else { return };
    let calls = [
        "libc.printf(b'%s %d %.2f %.1f %d %d %d %d\\n', b'text', 1, c_double(2.5), c_double(.1), 3, 4, 5, 6)",
        "libc.fprintf(out, b'%s %d %.2f %.1f %d %d %d %d\\n', b'text', 1, c_double(2.5), c_double(.1), 3, 4, 5, 6)",
        "libc.dprintf(1, b'%s %d %.2f %.1f %d %d %d %d\\n', b'text', 1, c_double(2.5), c_double(.1), 3, 4, 5, 6)",
        "libc.puts(b'text 1 2.50 0.1 3 4 5 6')",
        "libc.fputs(b'text 1 2.50 0.1 3 4 5 6\\n', out)",
        "libc.fwrite(b'text 1 2.50 0.1 3 4 5 6\\n', 1, 24, out)",
    ];
    for call in calls {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        let script = format!(
            "
import ctypes
from ctypes import c_double
libc = ctypes.CDLL(None)
out = ctypes.c_void_p.in_dll(libc, 'stdout')
begin()
record()
{call}
"
        );
        assert_eq!(run(python, &engine, folder.path(), &script), "text 1 2.50 0.1 3 4 5 6\n", "{call}");
        assert!(engine.seen().settled("write"), "{call}");
    }
}

#[test]
fn a_closed_descriptor_stays_an_error() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
begin()
os.close(1)
record()
try:
    os.write(1, b'text')
    sys.exit(1)
except OSError as error:
    assert error.errno == 9
os.write(2, b'still there\\n')
";
    run(python, &engine, folder.path(), script);
    let seen = engine.seen();
    assert_eq!((seen.text(1).as_str(), seen.text(2).as_str()), ("", "still there\n"));
}

#[test]
fn text_of_threads_does_not_break_frames() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let script = "
import threading
begin()
record()
def chatter(letter):
    for _ in range(300):
        os.write(1, letter * 40 + b'\\n')
threads = [threading.Thread(target=chatter, args=(letter,)) for letter in (b'a', b'b', b'c')]
for thread in threads: thread.start()
for _ in range(200):
    ask('sends'); frame(b'request' * 2000); ask('replied')
for thread in threads: thread.join()
";
    run(python, &engine, folder.path(), script);
    engine.wait("all frames", |seen| seen.text(1).lines().count() == 900);
    let seen = engine.seen();
    for line in seen.text(1).lines() {
        assert!(["a", "b", "c"].iter().any(|letter| letter.repeat(40) == line), "{line}");
    }
    let requests = seen.frames.iter().filter(|frame| frame.payload == b"request".repeat(2000));
    assert_eq!(requests.count(), 200);
}
