//! Builds that were killed, and state that was damaged: the next build is right.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;

use crate::support::{
    Compiler, Edited, Files, all_files, differences, run, run_until_signalled, wait_until_none_has,
};

/// The number of places at which each file is cut, and at which a byte is changed.
const PLACES: usize = 10;

/// Returns the files in which ambidex keeps what it knows about the tree: all but the objects, its lock, and files that
/// it only writes.
fn state(project: &Edited) -> Vec<PathBuf> {
    let folder = project.root().join("build/.ambidex");
    let is_state = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        !file.starts_with(folder.join("obj")) && ![".gitignore", "lock", "last-build.json"].contains(&&*name)
    };
    let files: Vec<PathBuf> = all_files(&folder).into_iter().filter(is_state).collect();
    assert!(!files.is_empty(), "no state is kept in {}", folder.display());
    files
}

/// The project with several contents, and the files that a clean build makes of each.
struct Several {
    project: Edited,
    clean: Vec<Files>,
}

impl Several {
    fn new(contents: usize) -> Option<Self> {
        let project = Edited::new()?;
        let clean = |which: usize| {
            edit(&project, which);
            project.clean()
        };
        let clean = (0..contents).map(clean).collect();
        Some(Self { project, clean })
    }

    /// Builds one of the contents. Whatever happened before, the build succeeds and is right.
    #[track_caller]
    fn build(&self, which: usize, how: &str) {
        edit(&self.project, which);
        let ran = run(&mut self.project.ambidex());
        assert_eq!(ran.code, 0, "{how}: {ran}");
        let differing = differences(&self.clean[which], &Files::built(&self.project.root()));
        assert!(differing.is_empty(), "{how}: {differing:#?}\n{ran}");
    }

    /// Damages each file of the state at each place, after a build of the second content. The newest thing that the
    /// state then knows is older than the existing objects.
    fn damage(&self, change: impl Fn(&mut Vec<u8>, usize)) {
        self.build(0, "first");
        self.build(1, "second");
        for number in 0..state(&self.project).len() {
            for place in 0..PLACES {
                let Some(file) = state(&self.project).into_iter().nth(number) else { continue };
                let mut bytes = fs::read(&file).unwrap();
                let at = bytes.len() * place / PLACES;
                change(&mut bytes, at);
                fs::write(&file, bytes).unwrap();
                let how = format!("{} at byte {at}", file.display());
                // In turn, the content from before and the present one.
                self.build(place % 2, &how);
                self.build(1, &how);
            }
        }
        self.project.runs(0);
    }
}

fn edit(project: &Edited, which: usize) {
    project.write("far/both.h", &format!("#define BOTH 1{which}\n"));
    project.write("three.c", &format!("int three(void) {{ return 1{which}; }}\n"));
}

#[test]
fn state_that_was_cut() {
    let Some(several) = Several::new(2) else { return };
    several.damage(|bytes, at| bytes.truncate(at));
}

#[test]
fn state_with_wrong_bytes() {
    let Some(several) = Several::new(2) else { return };
    several.damage(|bytes, at| {
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x55;
        }
    });
}

#[test]
fn state_with_something_behind_it() {
    let Some(several) = Several::new(2) else { return };
    several.damage(|bytes, at| bytes.extend(vec![0xaa; at % 97 + 1]));
}

/// Builds with a compiler that waits at some point, kills the build there, and builds again.
fn kill(script: &str) {
    let Some(mut several) = Several::new(3) else { return };
    let compiler = Compiler::install(&mut several.project.workspace, script);
    let mark = several.project.workspace.temporary().to_string_lossy().into_owned();
    // Each content is new when its build is killed, so there is a command to kill.
    let kill = |which: usize| {
        edit(&several.project, which);
        compiler.hold();
        let told = || !compiler.told().is_empty();
        let ran = run_until_signalled(&mut several.project.ambidex(), Signal::KILL, told);
        assert_eq!(ran.code, 128 + 9, "{ran}");
        compiler.release();
        wait_until_none_has(&mark);
    };
    kill(0);
    several.build(0, "killed in the first build");
    several.project.runs(0);
    kill(1);
    several.build(0, "killed in a later build, whose content is not there any more");
    several.build(1, "now it is");
    kill(2);
    several.build(2, "killed in a later build, whose content is still there");
    kill(3);
    kill(4);
    several.build(2, "killed twice");
    several.project.runs(0);
}

/// A shell function that says that it is running, and then waits for its end.
const WAIT: &str = "wait_here() { tell; while held; do sleep 0.05; done; exit 1; }\n";

#[test]
fn killed_before_a_compilation() {
    let script = "case \" $* \" in *\" three.c \"*) held && wait_here;; esac\nexec \"$REAL\" \"$@\"";
    kill(&format!("{WAIT}{script}"));
}

#[test]
fn killed_while_an_object_is_written() {
    let script = "\
        \"$REAL\" \"$@\" || exit
        if held; then case \" $* \" in *\" two.c \"*)
            before=; for word; do [ \"$before\" = -o ] && echo half > \"$word\"; before=$word; done; wait_here;;
        esac; fi";
    kill(&format!("{WAIT}{script}"));
}

#[test]
fn killed_while_a_module_is_linked() {
    let script = "\
        \"$REAL\" \"$@\" || exit
        case \" $* \" in *\" -shared \"*) held && wait_here;; esac; exit 0";
    kill(&format!("{WAIT}{script}"));
}
