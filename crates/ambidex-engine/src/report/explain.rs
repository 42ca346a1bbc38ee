//! The reasons why each command of a build was run, or was not.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use ambidex_graph::NodeId;

use crate::base::roles;
use crate::execute::outcome::Ending;
use crate::memory::Memory;
use crate::memory::record::{CommandDescription, ExplainedCommand, GraphPosition, How, RecordKey, Why};
use crate::memory::tree::{Tree, folder_of};
use crate::program::Program;
use crate::program::job::Job;
use crate::program::steps;

/// The last build's decision about one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The output of the command, relative to the project if it is inside.
    pub output: String,
    /// The extension that it was first recorded for.
    pub extension: Option<String>,
    /// The command.
    pub command: Vec<String>,
    /// The outcome: `run`, `reused` (up to date in this tree), `cached` (taken from the store).
    pub done: &'static str,
    /// The reason.
    pub reason: String,
}

/// Returns what the last build in a project's directory did about each of its commands, in the order of their outputs.
/// Waits while another build uses the state.
///
/// # Errors
/// If the state can't be read.
pub fn explain(root: &Path) -> io::Result<Vec<Explanation>> {
    let Some(tree) = opened(root)? else { return Ok(Vec::new()) };
    let memory = tree.memory();
    let build = memory.last_build();
    let mut all: Vec<Explanation> = build.explained.into_iter().map(Explanation::from).collect();
    all.extend(build.up_to_date.iter().filter_map(|key| memory.description(key)).map(Explanation::from));
    all.sort_by(|a, b| a.output.cmp(&b.output));
    Ok(all)
}

/// Opens the tree in a project's directory, if something was built there.
pub(crate) fn opened(root: &Path) -> io::Result<Option<Tree>> {
    folder_of(root).is_dir().then(|| Tree::open(root, &AtomicBool::new(false))).transpose()
}

/// Remembers what was done about the commands of these programs.
pub(crate) fn remember<'a>(memory: &mut Memory, programs: impl Iterator<Item = &'a Program> + Clone) {
    let ended = |program: &'a Program| {
        let jobs = program.graph.all_nodes().zip(&program.jobs);
        jobs.filter_map(move |(node, job)| Some((program, node, job, job.ending()?)))
    };
    let mut up_to_date = Vec::new();
    for program in programs.clone() {
        let spared = program.spared.iter().flat_map(|spared| &spared.unit.commands);
        up_to_date.extend(spared.map(|done| done.action));
        up_to_date.extend(ended(program).filter_map(|(_, _, job, ending)| key_if_reused(job, ending)));
    }
    // A spared extension may share commands with others.
    let mut seen = HashSet::new();
    up_to_date.retain(|key| seen.insert(*key));
    let others = (0..).zip(programs).flat_map(|(number, program)| {
        let mut numbers = None;
        let others = ended(program).filter(|(_, _, job, ending)| key_if_reused(job, ending).is_none());
        others.map(move |(program, node, job, ending)| {
            let numbers = numbers.get_or_insert_with(|| steps::numbers(program));
            let position = numbers.get(&node).map(|node| GraphPosition { program: number, node: *node });
            explained(program, node, job, ending, position)
        })
    });
    memory.remember_build(up_to_date, others);
}

fn key_if_reused(job: &Job, ending: &Ending) -> Option<RecordKey> {
    job.memorable.key().filter(|_| ending.how == How::Reused)
}

fn explained(
    program: &Program,
    node: NodeId,
    job: &Job,
    ending: &Ending,
    position: Option<GraphPosition>,
) -> ExplainedCommand {
    let named = |text: &String| program.roles.name(text).into_owned();
    let place = job.products.first().map_or(String::new(), |product| product.place.to_string_lossy().into());
    ExplainedCommand {
        place: named(&place),
        extension: program.extension_of(node),
        argv: job.line.argv().iter().map(named).collect(),
        how: ending.how,
        why: ending.why.clone(),
        node: position,
        action: job.memorable.key(),
        stretch: program.timeline.of(node),
    }
}

impl From<CommandDescription> for Explanation {
    fn from(description: CommandDescription) -> Self {
        let CommandDescription { place, extension, argv, .. } = description;
        let (how, why) = (How::Reused, Why::UpToDate);
        ExplainedCommand { place, extension, argv, how, why, node: None, action: None, stretch: None }.into()
    }
}

impl From<ExplainedCommand> for Explanation {
    fn from(told: ExplainedCommand) -> Self {
        let command = told.argv.iter().map(|argument| roles::shown(argument)).collect();
        let reason = reason(&told.why);
        Self {
            output: roles::shown(&told.place),
            extension: told.extension,
            command,
            done: word(told.how),
            reason,
        }
    }
}

/// Returns the word for how a command got its outputs.
pub(super) fn word(how: How) -> &'static str {
    match how {
        How::Ran => "run",
        How::Reused => "reused",
        How::Cached => "cached",
        How::Remote => "remote",
    }
}

/// Returns why a command ran or did not.
pub(super) fn reason(why: &Why) -> String {
    match why {
        Why::UpToDate => "nothing that it depends on has changed".to_owned(),
        Why::New => "no earlier run is known".to_owned(),
        Why::Command(difference) if difference.added.is_empty() && difference.removed.is_empty() => {
            "the order of its arguments or its working directory has changed".to_owned()
        }
        Why::Command(difference) => {
            let list = |word: &str, arguments: &[String]| {
                let shown: Vec<String> = arguments.iter().map(|argument| roles::shown(argument)).collect();
                (!shown.is_empty()).then(|| format!("{word} {}", shown.join(" ")))
            };
            let parts: Vec<String> =
                [list("now with", &difference.added), list("without", &difference.removed)]
                    .into_iter()
                    .flatten()
                    .collect();
            format!("its command line has changed: {}", parts.join(", "))
        }
        Why::Variable(name) => format!("the environment variable {name} has changed"),
        Why::Tool => "the compiler, or a program that it runs, has changed".to_owned(),
        Why::Changed(path) => format!("{} has changed", roles::shown(path)),
        Why::Gone(path) => format!("{} is gone", roles::shown(path)),
        Why::Operand(name) if name.is_empty() => "it reads more or fewer objects than before".to_owned(),
        Why::Operand(name) => format!("{name} has changed"),
        Why::Shadowed(path) => format!("{} exists now", roles::shown(path)),
        Why::Output(name) => format!("its output {name} was removed or changed"),
        Why::Machine(fact) => fact.to_string(),
        Why::Place(path) => format!("its output contains the path {path}, which is different here"),
        Why::Differs(path) => format!("the run in the cache found something else at {}", roles::shown(path)),
        Why::Surroundings => "the run in the cache had other environment variables".to_owned(),
        Why::Bound(path, reason) => {
            format!("its output depends on the path {path}: {reason}")
        }
        Why::Always(reason) => format!("it runs in every build: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::machine::Fact;
    use crate::memory::record::Difference;
    use crate::observe::unremembered::{Unobserved, Unremembered};
    use crate::program::left::Left;
    use crate::program::waits::Cause;

    #[test]
    fn every_reason() {
        let text = |text: &str| text.to_owned();
        let command = |added: &[&str], removed: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|argument| text(argument)).collect();
            Why::Command(Box::new(Difference { added: owned(added), removed: owned(removed) }))
        };
        let reasons = [
            Why::UpToDate,
            Why::New,
            command(&["-O2"], &["-O1", "-g"]),
            command(&[], &["-g"]),
            command(&[], &[]),
            Why::Variable(text("CPATH")),
            Why::Tool,
            Why::Changed(text("/usr/include/stdio.h")),
            Why::Gone(text("a.h")),
            Why::Operand(text("a.o")),
            Why::Operand(String::new()),
            Why::Shadowed(text("include/stdio.h")),
            Why::Output(text("a.so")),
            Why::Machine(Fact::Processor),
            Why::Machine(Fact::Processors),
            Why::Machine(Fact::Kernel),
            Why::Machine(Fact::User),
            Why::Place(text("/home/me/project")),
            Why::Differs(text("include/a.h")),
            Why::Surroundings,
            Why::Bound(text("/home/me/project"), text("its debug sections are compressed")),
            Why::Always(Unremembered::AsksForTheTime),
        ];
        insta::assert_snapshot!(reasons.iter().map(reason).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn every_reason_not_to_remember() {
        let unobserved = [
            Unobserved::NoPreloading,
            Unobserved::WithoutLibrary,
            Unobserved::NoEnd,
            Unobserved::EndInACall,
            Unobserved::NoText,
            Unobserved::Unseen("it has opened a socket".to_owned()),
            Unobserved::Trace("Input/output error".to_owned()),
        ];
        let reasons = [
            Unremembered::InPlace("records its output's path in the output".to_owned()),
            Unremembered::WritesBeside,
            Unremembered::WritesNothing,
            Unremembered::NotInSuchARun,
            Unremembered::SeesPending,
            Unremembered::SeesTooMuch,
            Unremembered::AsksForTheTime,
            Unremembered::ReadsAndChanges("count".into()),
            Unremembered::ChangesBesides("log".into()),
            Unremembered::SetsPermissions("a.o".to_owned()),
            Unremembered::ChangedMeanwhile("a.h".into()),
            Unremembered::CameOrWent("b.h".into()),
            Unremembered::Unreadable { path: "c.h".into(), error: "Input/output error".to_owned() },
        ];
        let all = reasons.into_iter().chain(unobserved.map(Unremembered::Unobserved));
        insta::assert_snapshot!(all.map(|reason| reason.to_string()).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn every_reason_to_leave_a_command_to_python() {
        let reasons = [
            Left::NotUnderstood(ambidex_command::NotUnderstood::UnknownOption("-fnew".to_owned())),
            Left::NoProgram("gcc-99".to_owned()),
            Left::NotAtPlace("build/a.o can't be written".to_owned()),
            Left::Attributes,
            Left::ChangedOutside,
            Left::MakesText,
            Left::BadOutput("/dev/full".into()),
        ];
        insta::assert_snapshot!(reasons.map(|reason| reason.to_string()).join("\n"));
    }

    #[test]
    fn every_cause_of_a_wait() {
        let causes = [
            Cause::Look,
            Cause::Change,
            Cause::Process,
            Cause::Exit,
            Cause::Effect,
            Cause::Awaited,
            Cause::Left,
            Cause::End,
        ];
        insta::assert_snapshot!(causes.map(|cause| format!("Python {cause}")).join("\n"));
    }
}
