//! Each command of a project fails once, and files, exit code and text are those of the serial build, with four jobs.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{Compiler, Environment, Files, Workspace, differences, run, sample, wait_until_none_has};

/// The number of extensions in a project. Each has a source of its own and a shared one, which at most two of them
/// compile.
const EXTENSIONS: usize = 12;

/// A way in which projects deal with commands that fail.
struct Style {
    name: &'static str,
    /// The code between the imports and `setup()` in `setup.py`.
    code: &'static str,
    /// The arguments of `setup()` for it.
    arguments: &'static str,
    /// The arguments of each extension for it.
    extension: &'static str,
    options: &'static [&'static str],
}

/// No handling at all, a project's own handlers and loop, and the options of setuptools and ambidex.
const STYLES: [Style; 6] = [
    Style { name: "base", code: "", arguments: "", extension: "", options: &[] },
    Style {
        name: "fall-back",
        code: "
class build(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except (CompileError, LinkError) as error:
            print('no %s: %s' % (ext.name, error))
            with open(self.get_ext_fullpath(ext.name) + '.py', 'w') as module:
                module.write('slow = True\\n')
",
        arguments: "cmdclass={'build_ext': build},",
        extension: "",
        options: &[],
    },
    Style {
        name: "wrapped-compile",
        code: "
from contextlib import contextmanager
@contextmanager
def noted(obj):
    print('->', obj)
    try:
        yield
    except CompileError:
        print('failed:', obj)
        raise
    finally:
        print('<-', obj)
class build(build_ext):
    def build_extensions(self):
        compile = self.compiler._compile
        def wrapped(obj, *arguments):
            with noted(obj):
                return compile(obj, *arguments)
        self.compiler._compile = wrapped
        super().build_extensions()
",
        arguments: "cmdclass={'build_ext': build},",
        extension: "",
        options: &[],
    },
    Style {
        name: "own-loop",
        code: "
class build(build_ext):
    def build_extensions(self):
        try:
            super().build_extensions()
        except (CompileError, LinkError):
            print('the first try failed')
            for ext in self.extensions:
                ext.define_macros.append(('SECOND', None))
            super().build_extensions()
        finally:
            print('built')
",
        arguments: "cmdclass={'build_ext': build},",
        extension: "",
        options: &[],
    },
    Style { name: "optional", code: "", arguments: "", extension: ", optional=True", options: &[] },
    Style { name: "keep-going", code: "", arguments: "", extension: "", options: &["--keep-going"] },
];

/// Returns a shell pattern for each command, which matches its words. The pattern of a shared source matches the
/// commands of both extensions.
fn commands() -> Vec<String> {
    let own = (0..EXTENSIONS).map(|n| format!("-c m{n}.c "));
    let shared = (0..=EXTENSIONS).step_by(2).map(|n| format!("-c s{n}.c "));
    let links = (0..EXTENSIONS).map(|n| format!("-shared */m{n}.*so "));
    own.chain(shared).chain(links).collect()
}

fn write_project(folder: &Path, style: &Style) {
    let mut setup =
        "from setuptools import setup, Extension\nfrom setuptools.command.build_ext import build_ext\n\
        try:\n    from setuptools.errors import CompileError, LinkError\nexcept ImportError:\n    \
        from distutils.errors import CompileError, LinkError\n"
            .to_owned();
    setup.push_str(style.code);
    writeln!(setup, "setup(name='p', version='1', {}ext_modules=[", style.arguments).unwrap();
    for n in 0..EXTENSIONS {
        let shared = n + n % 2;
        let extension = style.extension;
        writeln!(
            setup,
            "    Extension('m{n}', ['m{n}.c', 's{shared}.c'], define_macros=[('N', '{n}')]{extension}),"
        )
        .unwrap();
        fs::write(
            folder.join(format!("m{n}.c")),
            format!("int own{n}(void);\nint own{n}(void) {{ return {n}; }}\n"),
        )
        .unwrap();
        // The source makes the compiler warn, so that successful commands print text too.
        fs::write(
            folder.join(format!("s{shared}.c")),
            "#warning shared\nint shared(void);\nint shared(void) { return N; }\n",
        )
        .unwrap();
    }
    setup.push_str("])\n");
    fs::write(folder.join("setup.py"), setup).unwrap();
}

/// The files that a build leaves, and what it prints.
struct Left {
    code: i32,
    /// Both output streams, in order.
    text: String,
    files: Files,
}

impl Left {
    /// Builds the project, with the commands failing that match a pattern. Without `jobs`, builds with setuptools
    /// alone.
    fn by(workspace: &Workspace, name: &str, failing: &str, jobs: Option<&[&str]>) -> Self {
        workspace.start_again();
        let mut command = workspace.command("sh");
        command.args(["-c", "exec \"$@\" 2>&1", &format!("sh, {name}, {failing}")]).env("FAILING", failing);
        if let Some(jobs) = jobs {
            command.args([env!("CARGO_BIN_EXE_ambidex"), "run", "-q"]).args(jobs).arg("--");
        }
        let python = workspace.python(&["setup.py", "build"]);
        let ran = run(command.arg(python.get_program()).args(python.get_args()));
        workspace.expect_nothing_left_behind();
        wait_until_none_has(&workspace.temporary().to_string_lossy());
        let text = if jobs.is_some() { without_verdict(ran.stdout) } else { ran.stdout };
        Self { code: ran.code, text, files: Files::below(&workspace.root()) }
    }

    fn differences(&self, ours: &Self) -> Vec<String> {
        let mut found = differences(&self.files, &ours.files);
        if self.code != ours.code {
            found.push(format!("exit code {} became {}", self.code, ours.code));
        }
        if self.text != ours.text {
            let lines = self.text.lines().zip(ours.text.lines()).find(|(serial, ours)| serial != ours);
            found.push(lines.map_or_else(
                || format!("{} bytes of text became {}", self.text.len(), ours.text.len()),
                |(serial, ours)| format!("the line\n  {serial}\nbecame\n  {ours}"),
            ));
        }
        found
    }
}

/// Removes ambidex's own report of a failed build, which follows everything that the build has printed.
fn without_verdict(mut text: String) -> String {
    if let Some(begin) = text.find("\nerror: extension '") {
        text.truncate(begin + 1);
    }
    text
}

/// Makes a project in this style, with a compiler that fails on request.
fn workspace(style: &Style, environment: &Environment) -> (tempfile::TempDir, Workspace) {
    let original = tempfile::tempdir().expect("there is a temporary folder");
    write_project(original.path(), style);
    let mut workspace = Workspace::new(original.path(), environment);
    let script = "case \" $* \" in
        *$FAILING*) echo 'gcc: told to fail' >&2; exit 1;;
    esac
    exec \"$REAL\" \"$@\"";
    Compiler::install(&mut workspace, script);
    (original, workspace)
}

#[test]
fn each_command_fails_as_in_the_serial_build() {
    let Some(environment) = Environment::usual() else { return };
    let commands = commands();
    let tasks: Vec<(&Style, &String)> =
        STYLES.iter().flat_map(|style| commands.iter().map(move |command| (style, command))).collect();
    let tasks = sample(tasks, 3, 11);
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let failed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((style, failing)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (_original, workspace) = workspace(style, &environment);
                    let seed = format!("--schedule-seed={}", failing.len());
                    let one: Vec<&str> = style.options.iter().copied().chain(["-j1"]).collect();
                    let four: Vec<&str> = style.options.iter().copied().chain(["-j4", &seed]).collect();
                    // An option that setuptools doesn't have is compared to ambidex with one job.
                    let serial =
                        Left::by(&workspace, style.name, failing, style.options.first().map(|_| &one[..]));
                    failed.fetch_add(usize::from(serial.text.contains("told to fail")), Ordering::Relaxed);
                    let ours = Left::by(&workspace, style.name, failing, Some(&four));
                    for difference in serial.differences(&ours) {
                        wrong.lock().unwrap().push(format!("{}, {failing}: {difference}", style.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(failed.into_inner(), tasks.len(), "in each build a command fails");
}
