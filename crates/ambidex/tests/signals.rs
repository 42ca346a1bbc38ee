//! A build that is told to end: it ends at once, with all that it started, and leaves nothing half done.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rustix::process::Signal;
use support::{
    Environment, Files, Ran, Workspace, is_alive, on_path, run_until_signalled, shared_source, wait_until_none_has,
};

/// A compiler that says which process it is, and hesitates far longer than any test runs, before it compiles...
const BEFORE_COMPILING: &str = "sleep 600\nexec \"$REAL\" \"$@\"\n";
/// ...or when it has linked.
const AFTER_LINKING: &str = "\"$REAL\" \"$@\"\ncase \" $* \" in *\" -shared \"*) tell; sleep 600;; esac\n";

/// A project whose compiler hesitates.
struct Bench {
    workspace: Workspace,
    programs: PathBuf,
}

impl Bench {
    fn new(hesitation: &str) -> Option<Self> {
        let environment = Environment::usual()?;
        let mut workspace = Workspace::new(&shared_source(), &environment);
        let programs = workspace.beside("programs");
        let real = on_path("gcc").or_else(|| on_path("cc")).expect("the tests need a C compiler");
        let told = programs.join("started");
        let tell = format!("tell() {{ echo > {0}.new.$$; mv {0}.new.$$ {0}.$$; }}", told.display());
        let first = if hesitation == BEFORE_COMPILING { "tell" } else { ":" };
        let script = format!("#!/bin/sh\nREAL={}\n{tell}\n{first}\n{hesitation}", real.display());
        fs::create_dir(&programs).unwrap();
        fs::write(programs.join("gcc"), script).unwrap();
        fs::set_permissions(programs.join("gcc"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{path}", programs.display(), environment.programs().display());
        workspace.variables = vec![("PATH".to_owned(), path), ("CC".to_owned(), "gcc".to_owned())];
        Some(Self { workspace, programs })
    }

    /// The processes that hesitate, or did.
    fn hesitating(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.programs).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let pid = |name: String| Some(name.strip_prefix("started.")?.parse::<u32>().ok()?.to_string());
        names.filter_map(pid).collect()
    }

    /// Runs ambidex, and tells it to end when so many compilers hesitate.
    fn signal(&self, signal: Signal, compilers: usize, arguments: &[&str]) -> Ran {
        let mut command = self.workspace.ambidex(arguments);
        let ran = run_until_signalled(&mut command, signal, || self.hesitating().len() >= compilers);
        let started = self.hesitating();
        assert_eq!(started.len(), compilers, "{ran}");
        assert!(started.iter().all(|pid| !is_alive(pid)), "{ran}");
        wait_until_none_has(&self.workspace.temporary().to_string_lossy());
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
    // The serial build comes first: one compiler.
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
