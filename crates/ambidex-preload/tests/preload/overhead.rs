//! The cost of the library, which is shown but not judged: run it with `--ignored --nocapture`.

use crate::engine::Engine;
use crate::python::{command, python};

const SCRIPT: &str = "
def cost(count, call):
    best = 1e9
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(count): call()
        best = min(best, (time.perf_counter() - began) / count * 1e6)
    return best
print('  os.stat   %.3f us' % cost(200000, lambda: os.stat('/tmp')))
print('  os.getpid %.3f us' % cost(200000, os.getpid))
if ask('hello') == '2':
    begin()
    def snapshot():
        assert ask('snapshot') == 'taken'
    snapshot(); snapshot()
    print('  snapshot  %.0f us' % cost(10, snapshot))
";

#[test]
#[ignore = "it measures"]
fn overhead() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    for with in [false, true] {
        let mut command = command(python, &engine, folder.path(), SCRIPT);
        if !with {
            command.env_remove("LD_PRELOAD").env_remove("AMBIDEX_SOCKET");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        println!("{}\n{}", if with { "with" } else { "without" }, String::from_utf8_lossy(&output.stdout));
    }
    for with in [false, true] {
        let began = std::time::Instant::now();
        for _ in 0..300 {
            let mut command = std::process::Command::new("/bin/true");
            if with {
                command.env("LD_PRELOAD", crate::python::library()).env("AMBIDEX_SOCKET", engine.socket());
            }
            assert!(command.status().unwrap().success());
        }
        println!(
            "a process {} the library: {:?}",
            if with { "with" } else { "without" },
            began.elapsed() / 300
        );
    }
}
