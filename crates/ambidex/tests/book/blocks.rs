//! The fenced blocks of a page, and what stands after the language on their first lines.

use super::pages::Page;

/// A fenced block.
pub struct Block {
    /// Where it is: the page and its line there, with what the page includes.
    pub place: String,
    /// The language, and what stands after it.
    pub info: String,
    /// The lines between the fences.
    pub lines: Vec<String>,
}

/// What happens to the commands of a block.
#[derive(Debug, PartialEq, Eq)]
pub enum Use {
    /// They run.
    Run(How),
    /// They don't run, for a reason that the author has given.
    Ignored,
    /// There are none: the block shows something else.
    Shown,
}

/// How the commands of a block run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct How {
    /// The project below `examples` in whose copy they run (`in=NAME`).
    pub project: String,
    /// The exit code of the last command (`exit=CODE`).
    pub exit: i32,
    /// Programs that they need besides those that every build needs (`needs=NAME,NAME`).
    pub needs: Vec<String>,
    /// Whether they fetch packages (`network`).
    pub network: bool,
    /// Whether they look at the last build, so that there must be one (`built`).
    pub built: bool,
}

/// The languages of blocks without commands.
const SHOWN: [&str; 7] = ["text", "python", "toml", "yaml", "json", "ini", "rust"];

impl Block {
    /// Returns what happens to the block.
    pub fn usage(&self) -> Result<Use, String> {
        let mut words = self.info.split_whitespace();
        match words.next() {
            Some("console" | "sh") => {}
            Some(language) if SHOWN.contains(&language) && words.next().is_none() => return Ok(Use::Shown),
            _ => return Err(format!("`{}` is no language that this test knows", self.info)),
        }
        if let Some((_, reason)) = self.info.split_once(" ignore: ") {
            return if reason.trim().is_empty() { Err("no reason".to_owned()) } else { Ok(Use::Ignored) };
        }
        let mut how = How::default();
        for word in words {
            match word.split_once('=') {
                Some(("in", project)) => project.clone_into(&mut how.project),
                Some(("exit", code)) => how.exit = code.parse().map_err(|_| format!("`{word}`"))?,
                Some(("needs", names)) => how.needs = names.split(',').map(str::to_owned).collect(),
                None if word == "network" => how.network = true,
                None if word == "built" => how.built = true,
                _ => return Err(format!("`{word}` is not known")),
            }
        }
        if how.project.is_empty() {
            return Err("it needs `in=PROJECT`, or ` ignore: ` and a reason".to_owned());
        }
        Ok(Use::Run(how))
    }

    /// Returns the commands, each with what it is said to print. A script is one command.
    pub fn commands(&self) -> Result<Vec<(String, Vec<&str>)>, String> {
        if self.info.starts_with("sh ") {
            return Ok(vec![(self.lines.join("\n"), Vec::new())]);
        }
        let mut commands: Vec<(String, Vec<&str>)> = Vec::new();
        for line in &self.lines {
            match (line.strip_prefix("$ "), line.strip_prefix("> "), commands.last_mut()) {
                (Some(command), ..) => commands.push((command.to_owned(), Vec::new())),
                (_, Some(more), Some((command, printed))) if printed.is_empty() => {
                    command.extend(["\n", more]);
                }
                (_, _, Some((_, printed))) => printed.push(line),
                (_, _, None) => return Err(format!("`{line}` comes before any line that begins with `$ `")),
            }
        }
        if commands.is_empty() { Err("there is no command".to_owned()) } else { Ok(commands) }
    }
}

/// Returns the fenced blocks of a page.
pub fn of(page: &Page) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for (number, line) in page.text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), is_open) {
            (Some(info), false) => blocks.push(Block {
                place: format!("{}:{}", page.name(), number + 1),
                info: info.trim().to_owned(),
                lines: Vec::new(),
            }),
            (None, true) => blocks.last_mut().expect("one is open").lines.push(line.to_owned()),
            (None, false) => continue,
            (Some(_), true) => {}
        }
        if line.trim_start().starts_with("```") {
            is_open = !is_open;
        }
    }
    assert!(!is_open, "{}: a block has no end", page.name());
    blocks
}

#[test]
fn a_block_without_a_known_marker_is_an_error() {
    let usage = |info: &str| Block { place: String::new(), info: info.to_owned(), lines: Vec::new() }.usage();
    let how = How { project: "p".to_owned(), exit: 1, needs: vec!["dot".to_owned()], ..How::default() };
    assert_eq!(usage("console in=p exit=1 needs=dot"), Ok(Use::Run(how)));
    assert_eq!(usage("console ignore: needs a server"), Ok(Use::Ignored));
    assert_eq!(usage("text"), Ok(Use::Shown));
    for wrong in ["", "console", "sh", "console ignore: ", "bash in=p", "console in=p exi=1", "text in=p"] {
        assert!(usage(wrong).is_err(), "{wrong}");
    }
}
