//! Programs made of commands, and the files that a simple serial build leaves.

use std::hash::{DefaultHasher, Hash, Hasher};

use ambidex_graph::At;
use proptest::prelude::*;

/// The number of paths that commands write.
const WRITTEN: usize = 6;
/// The number of paths that the graph knows: those, and sources, which no command writes.
pub const KNOWN: usize = 8;
/// The number of all paths. The rest are headers, which commands read without the graph's knowledge.
pub const PATHS: usize = 10;

/// The content of a file; `None` if there is no file.
pub type Content = Option<u64>;
/// All files, by path.
pub type Disk = [Content; PATHS];

/// A command and its effect on files.
#[derive(Clone, Debug)]
pub struct Command {
    pub reads: Vec<(usize, At)>,
    /// Headers, which are inputs that the command does not name.
    pub headers: Vec<usize>,
    pub writes: Vec<(usize, At)>,
    /// The command fails on one of this many different inputs; never if zero.
    pub fails_on_one_of: u64,
}

/// A step of the program.
#[derive(Clone, Debug)]
pub enum Step {
    /// A command of the pool, which is deferred.
    Run(usize),
    /// Python looks at a file.
    Look(usize),
    /// Python writes or removes a file.
    External(usize, Content),
    /// A command of the pool that is not understood, so it runs unchanged.
    Barrier(usize),
}

/// The steps of one extension.
#[derive(Clone, Debug)]
pub struct Group {
    pub fatal: bool,
    pub steps: Vec<Step>,
}

/// A whole build.
#[derive(Clone, Debug)]
pub struct Program {
    pub pool: Vec<Command>,
    pub groups: Vec<Group>,
}

/// The effect of a command, given what it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub failed: bool,
    /// The content that the command leaves at each of its outputs.
    pub outputs: Vec<Content>,
}

/// Returns a hash that names new content.
pub fn content(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Program {
    /// Returns the effect of the command when it reads these contents: first its named inputs, then its headers.
    pub fn effect(&self, command: usize, inputs: &[Content]) -> Effect {
        let it = &self.pool[command];
        let seen = content((command, inputs));
        let failed = it.fails_on_one_of > 0 && seen.is_multiple_of(it.fails_on_one_of);
        let output = |(index, (_, at)): (usize, &(usize, At))| match (failed, at) {
            (false, _) => Some(content((seen, index))),
            // A compiler removes the output that it could not finish...
            (true, At::Renamable) => None,
            // ...and leaves an output at its final path in any state.
            (true, At::InPlace) => (seen & 1024 == 0).then(|| content((seen, index, "broken"))),
        };
        Effect { failed, outputs: it.writes.iter().enumerate().map(output).collect() }
    }

    /// Runs a command at its own paths.
    pub fn run_in_place(&self, command: usize, disk: &mut Disk) -> (Vec<Content>, Effect) {
        let it = &self.pool[command];
        let paths = it.reads.iter().map(|r| r.0).chain(it.headers.iter().copied());
        let inputs: Vec<Content> = paths.map(|path| disk[path]).collect();
        let effect = self.effect(command, &inputs);
        for ((path, _), output) in it.writes.iter().zip(&effect.outputs) {
            disk[*path] = *output;
        }
        (inputs, effect)
    }

    /// Returns all steps in program order, each with its group.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.groups.iter().enumerate().flat_map(|(id, group)| group.steps.iter().map(move |s| (id, s)))
    }
}

/// Returns the files before the program starts.
pub fn before() -> Disk {
    std::array::from_fn(|path| (path >= WRITTEN || path % 2 == 0).then(|| content((path, "before"))))
}

/// The result of a step of the serial build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The program did not reach it.
    Nothing,
    /// A command read these contents and had this effect.
    Ran(Vec<Content>, Effect),
    /// Python saw this content.
    Saw(Content),
    /// Something else, which always works.
    Changed,
}

/// The result of the serial build, which is the specification.
pub struct Serial {
    pub disk: Disk,
    pub steps: Vec<Happened>,
    /// The step that failed, for each group.
    pub failures: Vec<Option<usize>>,
    /// The step that ended the program.
    pub fatal: Option<usize>,
}

/// Runs the program, one step after the other.
pub fn serial(program: &Program) -> Serial {
    let mut all =
        Serial { disk: before(), steps: Vec::new(), failures: vec![None; program.groups.len()], fatal: None };
    for (index, (group, step)) in program.steps().enumerate() {
        if all.fatal.is_some() || all.failures[group].is_some() {
            all.steps.push(Happened::Nothing);
            continue;
        }
        let happened = match step {
            Step::Run(command) => {
                let (inputs, effect) = program.run_in_place(*command, &mut all.disk);
                if effect.failed {
                    all.failures[group] = Some(index);
                    all.fatal = program.groups[group].fatal.then_some(index);
                }
                Happened::Ran(inputs, effect)
            }
            Step::Look(path) => Happened::Saw(all.disk[*path]),
            Step::External(path, content) => {
                all.disk[*path] = *content;
                Happened::Changed
            }
            Step::Barrier(command) => {
                program.run_in_place(*command, &mut all.disk);
                Happened::Changed
            }
        };
        all.steps.push(happened);
    }
    all
}

/// The things that a generated program may contain.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Whether commands may fail.
    pub failures: bool,
    /// Whether groups may fail without ending the program.
    pub optional: bool,
    /// Whether commands may insist on their own paths.
    pub places: bool,
    /// Whether Python and commands that are not understood may change files.
    pub outside: bool,
}

/// All of these at once.
pub const ANY: Kind = Kind { failures: true, optional: true, places: true, outside: true };

fn access(paths: usize, kind: Kind) -> impl Strategy<Value = (usize, At)> {
    let at = if kind.places {
        prop_oneof![3 => Just(At::Renamable), 1 => Just(At::InPlace)].boxed()
    } else {
        Just(At::Renamable).boxed()
    };
    // Commands often meet at some of the paths.
    (prop_oneof![1 => 0usize..3, 1 => 0..paths], at)
}

/// Removes repetitions: a command names a path at most once as an input and once as an output.
fn distinct(mut accesses: Vec<(usize, At)>) -> Vec<(usize, At)> {
    let mut seen = [false; PATHS];
    accesses.retain(|(path, _)| !std::mem::replace(&mut seen[*path], true));
    accesses
}

fn command(kind: Kind) -> impl Strategy<Value = Command> {
    let fails = if kind.failures {
        prop_oneof![4 => Just(0), 1 => Just(1), 2 => Just(2), 2 => Just(4)].boxed()
    } else {
        Just(0).boxed()
    };
    (
        prop::collection::vec(access(KNOWN, kind), 0..3),
        prop::collection::vec(access(WRITTEN, kind), 1..3),
        prop::collection::vec(KNOWN..PATHS, 0..2),
        // An archive: a command that reads its own output.
        prop::bool::weighted(0.2),
        fails,
    )
        .prop_map(|(mut reads, writes, headers, in_place, fails_on_one_of)| {
            let writes = distinct(writes);
            if in_place {
                reads.insert(0, writes[0]);
            }
            Command { reads: distinct(reads), headers, writes, fails_on_one_of }
        })
}

fn step(pool: usize, kind: Kind) -> impl Strategy<Value = Step> {
    let run = (0..pool).prop_map(Step::Run);
    let look = (0..PATHS).prop_map(Step::Look);
    if !kind.outside {
        return prop_oneof![15 => run, 1 => look].boxed();
    }
    let change = (0..PATHS, any::<Option<u64>>()).prop_map(|(path, to)| Step::External(path, to));
    let barrier = (0..pool).prop_map(Step::Barrier);
    prop_oneof![15 => run, 1 => look, 1 => change, 1 => barrier].boxed()
}

/// Returns programs of that kind. Paths and commands are few, so they meet often. Extensions share sources, so groups
/// have passages in common.
pub fn program(kind: Kind) -> impl Strategy<Value = Program> {
    prop::collection::vec(command(kind), 1..9).prop_flat_map(move |pool| {
        let passage = prop::collection::vec(step(pool.len(), kind), 1..5);
        let passages = prop::collection::vec(passage, 1..3);
        let part = prop_oneof![
            2 => step(pool.len(), kind).prop_map(Part::Step),
            1 => (0usize..2).prop_map(Part::Passage),
        ];
        let parts = prop::collection::vec(part, 1..5);
        let fatal = prop::bool::weighted(0.4).prop_map(move |fatal| fatal || !kind.optional);
        let groups = prop::collection::vec((fatal, parts), 1..6);
        (passages, groups).prop_map(move |(passages, groups)| {
            let steps_of = |part| match part {
                Part::Step(step) => vec![step],
                Part::Passage(index) => passages[index % passages.len()].clone(),
            };
            let group = |(fatal, parts): (bool, Vec<Part>)| Group {
                fatal,
                steps: parts.into_iter().flat_map(steps_of).collect(),
            };
            Program { pool: pool.clone(), groups: groups.into_iter().map(group).collect() }
        })
    })
}

#[derive(Clone, Debug)]
enum Part {
    Step(Step),
    Passage(usize),
}

/// Returns programs whose groups all compile and link alike, after something that may fail. Their nodes live on for one
/// group when another group has given them up.
pub fn repetitions(kind: Kind) -> impl Strategy<Value = Program> {
    let at = |path: usize| access(1, kind).prop_map(move |(_, at)| (path, at));
    let plain = |reads, path, fails_on_one_of| Command {
        reads,
        headers: vec![KNOWN],
        writes: vec![(path, At::Renamable)],
        fails_on_one_of,
    };
    let pool = (at(6), at(0), prop::collection::vec(command(kind), 0..4)).prop_map(
        move |(source, object, others)| {
            let fails = plain(vec![], 5, 1);
            let mut pool = vec![fails, plain(vec![source], 0, 0), plain(vec![object], 1, 0)];
            pool.extend(others);
            pool
        },
    );
    pool.prop_flat_map(|pool| {
        let commands = pool.len();
        let around = move || prop::option::of(prop_oneof![Just(0), 0..commands].prop_map(Step::Run));
        let group = (prop::bool::weighted(0.2), around(), around(), around());
        prop::collection::vec(group, 2..5).prop_map(move |groups| {
            let group = |(fatal, before, between, behind)| {
                let steps = [before, Some(Step::Run(1)), between, Some(Step::Run(2)), behind];
                Group { fatal, steps: steps.into_iter().flatten().collect() }
            };
            Program { pool: pool.clone(), groups: groups.into_iter().map(group).collect() }
        })
    })
}
