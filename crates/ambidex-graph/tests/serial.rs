//! Any program under any schedule leaves the files that its serial build leaves.
//!
//! [`program`] makes up programs and runs them serially, and [`machine`] runs them through the graph on a disk in
//! memory. A content is a hash of everything that a command read. A command that reads a wrong version, a file half
//! written, or one that changes meanwhile leaves a wrong hash behind.

use std::collections::{BTreeSet, HashMap};

use ambidex_graph::{At, State};
use proptest::prelude::*;
use proptest::test_runner::Config;

#[path = "serial/machine.rs"]
mod machine;
#[path = "serial/program.rs"]
mod program;

use machine::Machine;
use program::{ANY, Happened, KNOWN, Kind, Program, Serial, Step, program, repetitions, serial};

/// Returns a configuration with this many cases, unless `PROPTEST_CASES` says otherwise. It keeps no failed cases: they
/// become tests of their own.
fn config(cases: u32) -> Config {
    let default = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    Config { cases, failure_persistence: None, max_shrink_iters: 50_000, ..default }
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..160)
}

/// Runs the program under that schedule, and compares everything that can be seen to the serial build.
fn check<'a>(program: &'a Program, choices: &'a [u8]) -> (Machine<'a>, Serial) {
    let checked = check_run(program, Machine::new(program, choices));
    check_hazards(&checked.0, program);
    checked
}

fn check_run<'a>(program: &'a Program, mut machine: Machine<'a>) -> (Machine<'a>, Serial) {
    let expected = serial(program);
    machine.run();
    assert_eq!(machine.disk, expected.disk, "files");

    let graph = &machine.graph;
    assert!(graph.is_settled());
    assert_eq!(graph.running(), 0);
    assert_eq!(graph.ready(), 0);
    assert_eq!(graph.fatal().map(|seq| machine.step_of(seq)), expected.fatal, "what ended the program");
    for (group, id) in machine.groups.iter().enumerate() {
        let failed = graph.failure(*id).map(|seq| machine.step_of(seq));
        assert_eq!(failed, expected.failures[group], "what failed in group {group}");
    }

    let mut happened = machine.seen.clone();
    for seq in graph.program() {
        assert!(graph.state(graph.node_of(seq)).settled());
        if !graph.is_cancelled(seq) {
            let (inputs, effect) = machine.results[&graph.node_of(seq)].clone();
            assert_eq!(graph.state(graph.node_of(seq)) == State::Failed, effect.failed);
            happened.insert(machine.step_of(seq), Happened::Ran(inputs, effect));
        }
    }
    for (step, expected) in expected.steps.iter().enumerate() {
        assert_eq!(happened.get(&step).unwrap_or(&Happened::Nothing), expected, "step {step}");
    }
    (machine, expected)
}

fn check_hazards(machine: &Machine, program: &Program) {
    let mut expected = Vec::new();
    for path in 0..KNOWN {
        let writes = |command: usize| program.pool[command].writes.iter().find(|w| w.0 == path);
        let writers: Vec<_> =
            machine.entries.iter().enumerate().filter(|(_, e)| writes(e.command).is_some()).collect();
        let groups: BTreeSet<usize> = writers.iter().map(|w| w.1.group).collect();
        if groups.len() > 1 {
            let commands: BTreeSet<usize> = writers.iter().map(|w| w.1.command).collect();
            let ordered = commands.iter().any(|c| writes(*c).is_some_and(|w| w.1 == At::InPlace));
            let seqs: Vec<usize> = writers.iter().map(|w| w.0).collect();
            expected.push((path, ordered, commands.len() == 1, seqs));
        }
    }
    let found: Vec<_> = machine
        .graph
        .hazards()
        .map(|h| (h.path.index(), h.ordered, h.duplicate, h.writers.iter().map(|s| s.index()).collect()))
        .collect();
    assert_eq!(found, expected, "hazards");
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn any_program(program in program(ANY), choices in choices()) {
        check(&program, &choices);
    }

    #[test]
    fn repeated_passages(program in repetitions(ANY), choices in choices()) {
        check(&program, &choices);
    }

    #[test]
    fn without_outside_changes(
        program in program(Kind { outside: false, ..ANY }), choices in choices()
    ) {
        check(&program, &choices);
    }

    #[test]
    fn without_places(program in program(Kind { places: false, ..ANY }), choices in choices()) {
        check(&program, &choices);
    }

    #[test]
    fn without_failures(program in program(Kind { failures: false, ..ANY }), choices in choices()) {
        let (machine, _) = check(&program, &choices);
        // A command that reads only files that nothing changes runs once, however often it is recorded.
        let written: BTreeSet<usize> = program
            .steps()
            .flat_map(|(_, step)| match step {
                Step::Run(c) | Step::Barrier(c) => program.pool[*c].writes.iter().map(|w| w.0).collect(),
                Step::External(path, _) => vec![*path],
                Step::Look(_) => Vec::new(),
            })
            .collect();
        for (index, command) in program.pool.iter().enumerate() {
            let steady = !command.reads.iter().any(|r| written.contains(&r.0))
                && !command.headers.iter().any(|h| written.contains(h));
            if steady && command.writes.iter().all(|w| w.1 == At::Renamable) {
                let runs = machine.runs_of(index);
                prop_assert!(runs <= 1, "command {} ran {} times", index, runs);
            }
        }
    }

    /// If all paths can be renamed and every failure is fatal, there is one node for each command and version of its
    /// inputs, and a node waits only for the writers of its inputs.
    #[test]
    fn nothing_needless(
        program in program(Kind { failures: false, optional: false, places: false, outside: false }),
        choices in choices()
    ) {
        let (machine, _) = check(&program, &choices);
        let mut nodes: HashMap<(usize, Vec<Option<usize>>), usize> = HashMap::new();
        let mut newest = [None; KNOWN];
        let mut inputs_of = Vec::new();
        for entry in &machine.entries {
            let command = &program.pool[entry.command];
            let inputs: Vec<Option<usize>> = command.reads.iter().map(|r| newest[r.0]).collect();
            let next = nodes.len();
            let node = *nodes.entry((entry.command, inputs.clone())).or_insert_with(|| {
                inputs_of.push(inputs);
                next
            });
            command.writes.iter().for_each(|w| newest[w.0] = Some(node));
        }
        prop_assert_eq!(machine.graph.len(), nodes.len());
        for seq in machine.graph.program() {
            let node = machine.graph.node_of(seq);
            for dependency in machine.graph.dependencies(node) {
                prop_assert!(inputs_of[node.index()].contains(&Some(dependency.index())));
            }
        }
    }

    /// Python may go back and return as often as it likes, and no result shows it.
    #[test]
    fn with_ways_back(program in program(ANY), choices in choices()) {
        let mut machine = Machine::new(&program, &choices);
        machine.goes_back = true;
        check_run(&program, machine);
    }

    #[test]
    fn repeated_passages_with_ways_back(program in repetitions(ANY), choices in choices()) {
        let mut machine = Machine::new(&program, &choices);
        machine.goes_back = true;
        check_run(&program, machine);
    }

    /// An interrupt leaves no file half written and no command running.
    #[test]
    fn interrupted(program in program(ANY), choices in choices(), at in 0usize..30) {
        let mut machine = Machine::new(&program, &choices);
        machine.interrupt_at = Some(at);
        machine.run();
        prop_assert!(machine.graph.is_settled());
        prop_assert!(!machine.is_torn());
    }
}
