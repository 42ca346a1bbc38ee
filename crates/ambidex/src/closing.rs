//! The line that ends a successful build: what was built, how the results were obtained, and how long it took.

use ambidex_engine::{Calls, Commands, Report};

/// Results of one kind, by the way in which they were obtained.
pub(crate) struct Counts {
    pub run: usize,
    pub reused: usize,
    pub cached: usize,
    pub remote: usize,
    pub repeated: usize,
}

/// Returns the line, or `None` if there was nothing to build.
pub(crate) fn line(report: &Report) -> Option<String> {
    let kinds = [
        ("command", Counts::of_commands(&report.commands)),
        ("translation by Cython", Counts::of_calls(&report.translations)),
        ("call of a generator", Counts::of_calls(&report.generators)),
    ];
    let seconds = seconds(report.wall_s);
    if kinds.iter().all(|(_, counts)| counts.obtained() == 0) {
        let reused = kinds.iter().filter(|(_, counts)| counts.reused > 0);
        let parts: Vec<String> = reused.map(|(noun, counts)| number(counts.reused, noun)).collect();
        let parts = parts.join(" and ");
        return (!parts.is_empty())
            .then(|| format!("ambidex: nothing to do: {parts} up to date in {seconds}"));
    }
    let what = if report.modules > 0 {
        format!("built {}", number(report.modules, "module"))
    } else {
        "done".to_owned()
    };
    let parts: Vec<String> = kinds.iter().filter_map(|(noun, counts)| counts.all(noun)).collect();
    let mut line = format!("ambidex: {what} in {seconds}: {}", parts.join("; "));
    let jobs = number(report.jobs, "job");
    if kinds.iter().any(|(_, counts)| counts.run > 0) {
        line += &format!(" ({jobs}, {} % busy)", busy(report));
    }
    let hazards = report.hazards.renamed + report.hazards.ordered;
    if hazards > 0 {
        line += &format!("; {} would have raced under `setup.py build -j`", number(hazards, "path"));
    }
    Some(line)
}

impl Counts {
    fn of_commands(commands: &Commands) -> Self {
        Self {
            run: commands.executed,
            reused: commands.reused,
            cached: commands.cached,
            remote: commands.remote,
            repeated: commands.recorded.saturating_sub(commands.distinct),
        }
    }

    fn of_calls(calls: &Calls) -> Self {
        Self {
            run: calls.executed,
            reused: calls.reused,
            cached: calls.cached,
            remote: calls.remote,
            repeated: 0,
        }
    }

    /// Returns how many results were not in this tree before.
    fn obtained(&self) -> usize {
        self.run + self.cached + self.remote
    }

    /// Returns all counts but zeros. The first names what is counted.
    pub fn all(&self, noun: &str) -> Option<String> {
        let counts = [
            (self.run, "run"),
            (self.reused, "up to date"),
            (self.cached, "from the cache"),
            (self.remote, "from the remote cache"),
            (self.repeated, "repeated"),
        ];
        let mut present = counts.into_iter().filter(|(count, _)| *count > 0);
        let (first, how) = present.next()?;
        let rest = present.map(|(count, how)| format!(", {count} {how}"));
        Some(format!("{} {how}", number(first, noun)) + &rest.collect::<String>())
    }
}

/// Returns a number with its noun, whose plural is regular in its first word.
pub(crate) fn number(count: usize, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    let (word, rest) = noun.split_at(noun.find(' ').unwrap_or(noun.len()));
    format!("{count} {word}s{rest}")
}

fn seconds(seconds: f64) -> String {
    if seconds < 0.1 { format!("{seconds:.2} s") } else { format!("{seconds:.1} s") }
}

/// Returns the part of the time, in per cent, in which a command ran for each job.
fn busy(report: &Report) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are at most 4096 jobs")]
    let available = report.wall_s * report.jobs as f64;
    // The number of jobs may have been larger before.
    (100.0 * report.work_s / available).clamp(0.0, 100.0).round()
}

#[cfg(test)]
mod tests {
    use ambidex_engine::HazardCounts;

    use super::*;

    fn report(modules: usize, commands: [usize; 6], hazards: usize) -> Report {
        let [recorded, distinct, executed, reused, cached, remote] = commands;
        Report {
            jobs: 2,
            wall_s: 12.34,
            work_s: 23.7,
            modules,
            commands: Commands { recorded, distinct, executed, reused, cached, remote, failed: 0 },
            hazards: HazardCounts { renamed: hazards, ordered: 0 },
            ..Report::default()
        }
    }

    #[test]
    fn every_part_has_a_number_and_zeros_are_left_out() {
        let calls =
            |executed, reused| Calls { recorded: executed + reused, executed, reused, ..Calls::default() };
        let all = Report {
            translations: calls(1, 2),
            generators: calls(2, 0),
            ..report(14, [134, 131, 80, 40, 9, 2], 3)
        };
        let only_cached = Report { jobs: 1, ..report(1, [1, 1, 0, 0, 1, 0], 0) };
        let no_module = report(0, [5, 5, 1, 4, 0, 0], 1);
        let nothing = Report { wall_s: 0.04, ..report(0, [43, 40, 0, 40, 0, 0], 2) };
        let translated = Report { translations: calls(0, 1), ..report(0, [1, 1, 0, 1, 0, 0], 0) };
        let lines = [all, only_cached, no_module, nothing, translated].map(|report| line(&report).unwrap());
        let expected = [
            "ambidex: built 14 modules in 12.3 s: 80 commands run, 40 up to date, 9 from the cache, \
             2 from the remote cache, 3 repeated; 1 translation by Cython run, 2 up to date; \
             2 calls of a generator run (2 jobs, 96 % busy); \
             3 paths would have raced under `setup.py build -j`",
            "ambidex: built 1 module in 12.3 s: 1 command from the cache",
            "ambidex: done in 12.3 s: 1 command run, 4 up to date (2 jobs, 96 % busy); \
             1 path would have raced under `setup.py build -j`",
            "ambidex: nothing to do: 40 commands up to date in 0.04 s",
            "ambidex: nothing to do: 1 command and 1 translation by Cython up to date in 12.3 s",
        ];
        assert_eq!(lines, expected);
        assert_eq!(line(&report(0, [0; 6], 0)), None);
    }
}
