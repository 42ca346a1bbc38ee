//! The line about running commands, as a user sees it in a terminal.

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use support::{Compiler, Environment, Terminal, Workspace, fixture, shared_source, skipped};

/// A compiler that works only while it isn't held.
const HELD: &str = "tell\nwhile held; do sleep 0.02; done\nexec \"$REAL\" \"$@\"";

/// A compiler that takes long. It looks at nothing that changes, so its runs are remembered.
const SLOW: &str = "sleep 1\nexec \"$REAL\" \"$@\"";

/// Returns a workspace whose compiler can be held, if terminals can be tested here.
fn workspace(project: &Path, compiler: &str) -> Option<(Workspace, Compiler)> {
    if !Terminal::exists() {
        skipped("the line in a terminal: tmux is missing");
        return None;
    }
    let mut workspace = Workspace::new(project, &Environment::usual()?);
    let compiler = Compiler::install(&mut workspace, compiler);
    compiler.hold();
    Some((workspace, compiler))
}

/// Returns whether a row is the line: it begins with the counts of commands.
fn is_line(row: &str) -> bool {
    let counts = row.strip_prefix('[').and_then(|row| row.split_once(']'));
    counts.and_then(|(counts, _)| counts.split_once('/')).is_some_and(|(done, known)| {
        done.parse::<usize>().is_ok() && known.parse::<usize>().is_ok_and(|known| known > 0)
    })
}

fn has_line(screen: &[String]) -> bool {
    screen.iter().any(|row| is_line(row))
}

/// Returns whether the line is the last row, and the only one of its kind.
fn ends_with_line(screen: &[String]) -> bool {
    screen.last().is_some_and(|row| is_line(row)) && screen.iter().filter(|row| is_line(row)).count() == 1
}

/// Makes a project print what is not a whole line, before it builds and while it builds.
fn print_parts_of_lines(workspace: &Workspace) {
    let file = workspace.root().join("setup.py");
    let print = "\nimport sys\nsys.stdout.write('no end: ')\nsys.stdout.flush()\n";
    let hook = "
from setuptools.command.build_ext import build_ext
class Chatty(build_ext):
    def build_extension(self, ext):
        sys.stderr.write('now ' + ext.name + '...')
        sys.stderr.flush()
        build_ext.build_extension(self, ext)
        print(' built')
";
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("ext_modules=", "cmdclass={'build_ext': Chatty}, ext_modules=");
    assert!(text.contains("Chatty"));
    fs::write(file, format!("{print}{hook}{text}")).unwrap();
}

/// Builds in a terminal, and returns everything that is there at the end. If the line can be shown, the compilers go on
/// when it is.
fn printed(workspace: &Workspace, compiler: &Compiler, line: &str, code: i32) -> Vec<String> {
    let terminal = Terminal::start(workspace, 80, line, &["build", "-j2"]);
    if line.contains("TERM=dumb") {
        terminal.wait_for("a compiler runs", |_| !compiler.told().is_empty());
    } else {
        terminal.wait_for("the line is drawn", has_line);
    }
    compiler.release();
    terminal.expect_end(code);
    terminal.history().iter().map(|line| without_times(line)).collect()
}

/// Removes what the time decides.
fn without_times(line: &str) -> String {
    let ours = line.starts_with("ambidex:") || line.starts_with("note:");
    if ours { line.replace(|c: char| c.is_ascii_digit(), "").replace("  ", " ") } else { line.to_owned() }
}

#[test]
fn the_line_fits_every_width_and_leaves_nothing_behind() {
    let Some((workspace, compiler)) = workspace(&shared_source(), HELD) else { return };
    let terminal = Terminal::start(&workspace, 80, "\"$@\"", &["build", "-j2"]);
    let screen = terminal.wait_for("two commands run", |screen| {
        ends_with_line(screen) && screen.last().is_some_and(|line| line.contains(", "))
    });
    let line = screen.last().unwrap();
    assert!(line.starts_with("[0/") && line.contains("mod1 mod1.c") && line.contains(" 0:0"), "{line}");
    for columns in [40, 20, 30, 80] {
        terminal.resize(columns);
        let fits = |screen: &[String]| {
            let line = screen.last().map_or("", String::as_str);
            ends_with_line(screen) && line.len() < columns && (line.contains(".c") || columns == 20)
        };
        terminal.wait_for("the line fits", fits);
        // A line for another width would be gone in the next moment, but its remains would not.
        std::thread::sleep(Duration::from_millis(300));
        assert!(fits(&terminal.screen()), "{columns} columns: {:#?}", terminal.screen());
    }
    compiler.release();
    terminal.expect_end(0);
    let history = terminal.history();
    assert!(!has_line(&history), "{}", history.join("\n"));
    assert!(history[history.len() - 2].starts_with("ambidex: built 2 modules"), "{}", history.join("\n"));
}

#[test]
fn all_other_text_is_as_without_the_line() {
    for (project, code, chatty) in
        [(shared_source(), 0, false), (shared_source(), 0, true), (fixture("broken-second"), 1, false)]
    {
        let Some((workspace, compiler)) = workspace(&project, HELD) else { return };
        let mut texts = ["TERM=dumb \"$@\"", "\"$@\""].map(|line| {
            workspace.copy_again();
            if chatty {
                print_parts_of_lines(&workspace);
            }
            let text = printed(&workspace, &compiler, line, code);
            compiler.hold();
            text
        });
        let [without, with] = &mut texts;
        assert!(without.len() > 5, "{}", without.join("\n"));
        assert_eq!(with.join("\n"), without.join("\n"), "{}", project.display());
    }
}

#[test]
fn the_line_is_only_where_somebody_looks_for_it() {
    let Some((workspace, compiler)) = workspace(&shared_source(), HELD) else { return };
    let cases: [(&str, &[&str], bool); 7] = [
        ("\"$@\"", &["build", "-j2"], true),
        ("\"$@\" > stdout", &["build", "-j2"], true),
        ("\"$@\"", &["run", "-j2", "--", "python", "setup.py", "build"], true),
        ("\"$@\"", &["build", "-q", "-j2"], false),
        ("\"$@\" 2> stderr", &["build", "-j2"], false),
        ("\"$@\" | cat", &["build", "-j2"], false),
        ("CI=true \"$@\"", &["build", "-j2"], false),
    ];
    for (line, arguments, expected) in cases {
        workspace.copy_again();
        let terminal = Terminal::start(&workspace, 80, line, arguments);
        if expected {
            terminal.wait_for("the line is drawn", ends_with_line);
        } else {
            terminal.wait_for("a compiler runs", |_| !compiler.told().is_empty());
            // The first case shows that the line would be there by now.
            std::thread::sleep(Duration::from_secs(1));
            assert!(!has_line(&terminal.screen()), "{line} {arguments:?}: {:#?}", terminal.screen());
        }
        compiler.release();
        terminal.expect_end(0);
        assert!(!has_line(&terminal.history()), "{line} {arguments:?}: {:#?}", terminal.history());
        for file in ["stdout", "stderr"] {
            let text = fs::read_to_string(workspace.root().join(file)).unwrap_or_default();
            assert!(!text.contains('\x1b'), "{line} {arguments:?}: {text}");
        }
        compiler.hold();
    }
}

#[test]
fn another_build_expects_what_the_last_one_took() {
    let Some((workspace, _)) = workspace(&shared_source(), SLOW) else { return };
    let first = Terminal::start(&workspace, 80, "\"$@\"", &["build", "-j2"]);
    let screen = first.wait_for("the line is drawn", ends_with_line);
    assert!(!screen.last().unwrap().contains("left"), "nothing is known yet: {screen:#?}");
    first.expect_end(0);
    for source in ["mod1.c", "mod2.c"] {
        let source = workspace.root().join(source);
        let text = fs::read_to_string(&source).unwrap();
        fs::write(source, text + "int edited;\n").unwrap();
    }
    let second = Terminal::start(&workspace, 80, "\"$@\"", &["build", "-j2"]);
    second.wait_for("the rest is expected", |screen| {
        ends_with_line(screen) && screen.last().unwrap().contains(", about 0:0")
    });
    second.expect_end(0);
}

#[test]
fn the_line_goes_when_the_build_is_interrupted() {
    let Some((workspace, compiler)) = workspace(&shared_source(), HELD) else { return };
    let terminal = Terminal::start(&workspace, 80, "trap : INT; \"$@\"", &["build", "-j2"]);
    terminal.wait_for("the line is drawn", ends_with_line);
    terminal.press(&["C-c"]);
    terminal.expect_end(130);
    let history = terminal.history();
    assert!(!has_line(&history), "{}", history.join("\n"));
    assert!(history.iter().any(|line| line == "interrupted"), "{}", history.join("\n"));
    compiler.release();
}

#[test]
fn the_line_goes_while_the_build_is_stopped() {
    let Some((workspace, compiler)) = workspace(&shared_source(), HELD) else { return };
    // A shell that has jobs, as users have.
    let terminal = Terminal::start(&workspace, 80, "SHOW=\"$*\" ENV= PS1='> ' sh -i", &["build", "-j2"]);
    terminal.wait_for("the shell waits", |screen| screen.iter().any(|row| row.starts_with('>')));
    terminal.press(&["$SHOW", "Enter"]);
    terminal.wait_for("the line is drawn", ends_with_line);
    terminal.press(&["C-z"]);
    let is_prompt = |screen: &[String]| screen.last().is_some_and(|row| row.starts_with('>'));
    let screen = terminal.wait_for("the shell waits again", is_prompt);
    assert!(!has_line(&screen), "{}", screen.join("\n"));
    terminal.press(&["fg", "Enter"]);
    terminal.wait_for("the line is drawn again", ends_with_line);
    compiler.release();
    terminal.wait_for("the build ends", is_prompt);
    terminal.press(&["exit", "Enter"]);
    terminal.expect_end(0);
    assert!(!has_line(&terminal.history()), "{}", terminal.history().join("\n"));
}

#[test]
fn text_that_nobody_knew_of_stays() {
    let Some((workspace, compiler)) = workspace(&shared_source(), HELD) else { return };
    let sign = workspace.beside("sign");
    let line = format!(
        "(while ! test -e {}; do sleep 0.02; done; printf 'from afar:') & \"$@\"",
        sign.to_str().expect("it is text")
    );
    let terminal = Terminal::start(&workspace, 80, &line, &["build", "-j2"]);
    terminal.wait_for("the line is drawn", has_line);
    fs::write(&sign, "").unwrap();
    let is_there = |screen: &[String]| screen.iter().any(|row| row.starts_with("from afar:"));
    terminal.wait_for("the text is there", is_there);
    // The line is drawn again each second, for its time.
    std::thread::sleep(Duration::from_millis(2200));
    let screen = terminal.screen();
    assert!(is_there(&screen), "{}", screen.join("\n"));
    compiler.release();
    terminal.expect_end(0);
    let history = terminal.history();
    assert!(is_there(&history) && !has_line(&history), "{}", history.join("\n"));
}
