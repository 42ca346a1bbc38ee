//! A build that receives a signal to end: it ends at once, with all processes that it started, and leaves nothing half
//! done.

mod support;

use std::cell::Cell;
use std::fs;

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

    /// Changes `setup.py`.
    fn edit_setup(&self, change: impl FnOnce(String) -> String) {
        let setup = self.workspace.root().join("setup.py");
        let text = fs::read_to_string(&setup).expect("the project has one");
        fs::write(&setup, change(text)).expect("it is a copy");
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
    expect_interrupted(&ran);
}

/// Fails the test unless the build says what plain `setup.py build` says after Ctrl-C, and nothing else.
#[track_caller]
fn expect_interrupted(ran: &Ran) {
    assert_eq!(ran.stderr.lines().last(), Some("interrupted"), "{ran}");
    assert_eq!(ran.printed().matches("interrupted").count(), 1, "{ran}");
    assert!(!ran.stderr.contains("error:") && !ran.stderr.contains("Traceback"), "{ran}");
}

#[test]
fn interrupted_while_python_ignores_the_signal() {
    let Some(bench) = Bench::new(BEFORE_COMPILING) else { return };
    bench.edit_setup(|text| format!("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{text}"));
    expect_interrupted(&bench.signal(Signal::INT, 2, &["build", "-j2"]).expect(130));
}

#[test]
fn interrupted_outside_of_every_command() {
    let Some(bench) = Bench::new(BEFORE_COMPILING) else { return };
    bench.edit_setup(|_| {
        "import time\n\
        from setuptools import Distribution, Extension\n\
        from setuptools.command.build_ext import build_ext\n\
        from distutils.ccompiler import new_compiler\n\
        from distutils.sysconfig import customize_compiler\n\
        modules = [Extension('mod1', ['mod1.c', 'common.c'])]\n\
        command = build_ext(Distribution({'name': 'x', 'ext_modules': modules}))\n\
        command.ensure_finalized()\n\
        command.compiler = new_compiler()\n\
        customize_compiler(command.compiler)\n\
        command.build_extension(command.extensions[0])\n\
        time.sleep(600)\n"
            .to_owned()
    });
    let ran = bench.signal(Signal::INT, 2, &["build", "-j2"]).expect(130);
    // As without ambidex.
    assert_eq!(ran.stderr.matches("Traceback").count(), 1, "{ran}");
    assert_eq!(ran.stderr.lines().last(), Some("KeyboardInterrupt"), "{ran}");
    assert!(!ran.stderr.contains("error:") && !ran.stderr.contains("ambidex/_"), "{ran}");
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
