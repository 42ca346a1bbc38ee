//! A build that receives a signal to end: it ends at once, with all processes that it started, and leaves nothing half
//! done.

mod support;

use std::cell::Cell;

use rustix::process::Signal;
use support::{
    Compiler, Environment, Files, Ran, Workspace, is_alive, run_until_signalled, shared_source,
    wait_until_none_has, with_mark,
};

/// A compiler that sleeps far longer than any test runs before it compiles...
const BEFORE_COMPILING: &str = "case \" $* \" in *\" -c \"*) tell; sleep 600;; esac; exec \"$REAL\" \"$@\"";
/// ...or after it has linked.
const AFTER_LINKING: &str = "\"$REAL\" \"$@\"; case \" $* \" in *\" -shared \"*) tell; sleep 600;; esac";

/// A project whose compiler sleeps.
struct Bench {
    workspace: Workspace,
    compiler: Compiler,
}

impl Bench {
    fn new(script: &str) -> Option<Self> {
        let mut workspace = Workspace::new(&shared_source(), &Environment::usual()?);
        let compiler = Compiler::install(&mut workspace, script);
        Some(Self { workspace, compiler })
    }

    /// Runs ambidex, and sends it the signal when this many compilers sleep.
    fn signal(&self, signal: Signal, compilers: usize, arguments: &[&str]) -> Ran {
        let mark = self.workspace.temporary().to_string_lossy().into_owned();
        let had_mark = Cell::new(0);
        let mut command = self.workspace.ambidex(arguments);
        let ran = run_until_signalled(&mut command, signal, || {
            let all = self.compiler.told().len() >= compilers;
            had_mark.set(if all { with_mark(&mark).len() } else { 0 });
            all
        });
        let told = self.compiler.told();
        assert_eq!(told.len(), compilers, "{ran}");
        assert!(had_mark.get() > compilers, "processes are not recognised");
        assert!(told.iter().all(|pid| !is_alive(pid)), "{ran}");
        wait_until_none_has(&mark);
        assert!(!ran.printed().contains("panicked"), "{ran}");
        self.workspace.expect_nothing_left_behind();
        ran
    }
}

#[test]
fn terminated() {
    let Some(bench) = Bench::new(BEFORE_COMPILING) else { return };
    let ran = bench.signal(Signal::TERM, 2, &["build", "-j2"]).expect(143);
    assert!(Files::built(&bench.workspace.root()).is_empty(), "{ran}");
}

#[test]
fn interrupted() {
    let Some(bench) = Bench::new(BEFORE_COMPILING) else { return };
    let ran = bench.signal(Signal::INT, 2, &["build", "-j2"]).expect(130);
    assert!(Files::built(&bench.workspace.root()).is_empty(), "{ran}");
}

#[test]
fn terminated_below_run() {
    let Some(bench) = Bench::new(BEFORE_COMPILING) else { return };
    bench.signal(Signal::TERM, 2, &["run", "-j2", "--", "python", "setup.py", "build"]).expect(143);
}

#[test]
fn terminated_in_verify() {
    let Some(bench) = Bench::new(BEFORE_COMPILING) else { return };
    // The serial build comes first, so there is one compiler.
    bench.signal(Signal::TERM, 1, &["verify", "-j2"]).expect(143);
}

#[test]
fn module_of_a_link_that_was_terminated_is_not_there() {
    let Some(bench) = Bench::new(AFTER_LINKING) else { return };
    let ran = bench.signal(Signal::TERM, 2, &["build", "-j2"]).expect(143);
    assert!(Files::built(&bench.workspace.root()).is_empty(), "{ran}");
}

#[test]
fn builds_after_it_was_terminated() {
    let Some(mut bench) = Bench::new(AFTER_LINKING) else { return };
    bench.signal(Signal::TERM, 2, &["build", "-j2"]).expect(143);
    bench.workspace.variables.clear();
    let ran = bench.workspace.build(&["-j2"]);
    let built = Files::built(&bench.workspace.root());
    assert!(built.has("mod1.") && built.has("mod2."), "{ran}");
}
