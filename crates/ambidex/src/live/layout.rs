//! What the line about a build says, as far as there is room: counts, times, and the commands that run.

use std::time::Duration;

use ambidex_engine::{Progress, RunningCommand};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The room, in columns, that a list of commands needs at least. With less, it comes before the expected rest.
const LIST: usize = 24;

/// The room in which a part of a name still says something.
const PART: usize = 8;

const CUT: &str = "...";

/// A line, in two parts of different colours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub head: String,
    pub rest: String,
}

/// Returns the line for this many columns. Returns `None` if there is no room for it, or nothing to say.
pub(crate) fn line(progress: &Progress, passed: Duration, room: usize) -> Option<Line> {
    let head = format!("[{}/{}]", progress.done, progress.known);
    let room = room.checked_sub(head.width()).filter(|_| progress.known > progress.done)?;
    let time = format!(" {}", clock(passed));
    let with_rest = progress.rest.map(|rest| format!("{time}, about {} left", clock(rest)));
    let list = if progress.running.is_empty() { 0 } else { LIST };
    let times = with_rest.filter(|text| text.width() + list <= room).unwrap_or(time);
    let Some(left) = room.checked_sub(times.width()) else {
        return Some(Line { head, rest: String::new() });
    };
    let list = left.checked_sub(2).and_then(|left| commands(&progress.running, left));
    Some(Line { head, rest: list.map_or(times.clone(), |list| format!("{times}: {list}")) })
}

/// Returns as many commands as there is room for, and the number of the others.
fn commands(running: &[RunningCommand], room: usize) -> Option<String> {
    let mut all = String::new();
    let mut best = None;
    for (at, command) in running.iter().enumerate() {
        if at > 0 {
            all.push_str(", ");
        }
        all.push_str(&name(command));
        if all.width() > room {
            break;
        }
        let others = others(running.len() - at - 1);
        if all.width() + others.width() <= room {
            best = Some(format!("{all}{others}"));
        }
    }
    best.or_else(|| {
        let first = clean(&running.first()?.file);
        (first.width() <= room || room >= PART).then(|| cut(&first, room))
    })
}

fn others(count: usize) -> String {
    if count == 0 { String::new() } else { format!(", {count} more") }
}

fn name(command: &RunningCommand) -> String {
    let file = clean(&command.file);
    command.extension.as_ref().map_or(file.clone(), |extension| format!("{} {file}", clean(extension)))
}

/// Replaces what would not be one visible character.
fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Returns a text of at most this width, without its end if it is longer.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut width = CUT.len();
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width <= room
    };
    text.chars().take_while(fits).chain(CUT.chars()).collect()
}

/// Returns a time as minutes and seconds, with hours if there are any.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn progress(running: &[(&str, &str)], rest: Option<u64>) -> Progress {
        let command = |(extension, file): &(&str, &str)| RunningCommand {
            extension: (!extension.is_empty()).then(|| (*extension).to_owned()),
            file: (*file).to_owned(),
            since: Instant::now(),
        };
        let running = running.iter().map(command).collect();
        Progress { done: 12, known: 57, running, rest: rest.map(Duration::from_secs) }
    }

    /// Returns the line for a terminal with this many columns, or nothing.
    fn shown(progress: &Progress, columns: usize) -> String {
        let line = line(progress, Duration::from_secs(65), columns - 1);
        let text = line.map_or(String::new(), |line| line.head + &line.rest);
        assert!(text.width() < columns, "{text}");
        text
    }

    #[test]
    fn the_line_says_what_there_is_room_for() {
        let some = [("pkg.one", "a.c"), ("pkg.two", "b.cpp"), ("pkg.two", "c.cpp"), ("", "libz.a")];
        let some = progress(&some, Some(130));
        assert_eq!(
            shown(&some, 100),
            "[12/57] 1:05, about 2:10 left: pkg.one a.c, pkg.two b.cpp, pkg.two c.cpp, libz.a"
        );
        assert_eq!(shown(&some, 80), "[12/57] 1:05, about 2:10 left: pkg.one a.c, pkg.two b.cpp, 2 more");
        assert_eq!(shown(&some, 40), "[12/57] 1:05: pkg.one a.c, 3 more");
        assert_eq!(shown(&some, 20), "[12/57] 1:05: a.c");
        assert_eq!(shown(&some, 16), "[12/57] 1:05");
        assert_eq!(shown(&some, 10), "[12/57]");
        assert_eq!(shown(&some, 7), "");
    }

    #[test]
    fn the_rest_is_left_out_while_it_is_not_known() {
        let one = [("one", "a.c")];
        assert_eq!(shown(&progress(&one, None), 80), "[12/57] 1:05: one a.c");
        assert_eq!(shown(&progress(&[], Some(7200)), 40), "[12/57] 1:05, about 2:00:00 left");
        assert_eq!(shown(&progress(&[], Some(7200)), 30), "[12/57] 1:05");
    }

    #[test]
    fn long_and_wide_names_are_cut_where_the_row_ends() {
        let long = "a_very_long_name_of_a_source_file_that_a_generator_made.c";
        let long = progress(&[("extension", long), ("two", "b.c")], None);
        assert_eq!(
            shown(&long, 80),
            "[12/57] 1:05: a_very_long_name_of_a_source_file_that_a_generator_made.c"
        );
        assert_eq!(shown(&long, 40), "[12/57] 1:05: a_very_long_name_of_a_...");
        assert_eq!(shown(&long, 24), "[12/57] 1:05: a_very...");
        assert_eq!(shown(&long, 20), "[12/57] 1:05");
        let wide = progress(&[("模块", "源文件的名字很长很长很长很长.c")], None);
        assert_eq!(shown(&wide, 80), "[12/57] 1:05: 模块 源文件的名字很长很长很长很长.c");
        assert_eq!(shown(&wide, 40), "[12/57] 1:05: 源文件的名字很长很长很...");
        assert_eq!(shown(&wide, 25), "[12/57] 1:05: 源文件...");
        assert_eq!(shown(&wide, 22), "[12/57] 1:05");
    }

    #[test]
    fn a_name_can_not_control_the_terminal() {
        assert_eq!(shown(&progress(&[("a\nb", "\x1b[2J.c")], None), 80), "[12/57] 1:05: a?b ?[2J.c");
    }

    #[test]
    fn there_is_no_line_about_nothing() {
        let done = Progress { done: 3, known: 3, ..Progress::default() };
        assert_eq!(line(&done, Duration::ZERO, 79), None);
    }
}
