//! The graph by example: the fate of the commands of real extensions, one situation at a time.

use std::collections::HashMap;

use ambidex_graph::{
    Access, Action, At, Change, Content, Graph, GroupId, Key, NodeId, Outcome, PathId, Recorded, State,
    Version,
};

/// A graph with names for paths and commands, as a caller would have them.
#[derive(Default)]
struct Build {
    graph: Graph,
    paths: HashMap<String, PathId>,
}

impl Build {
    fn path(&mut self, name: &str) -> PathId {
        let graph = &mut self.graph;
        *self.paths.entry(name.to_owned()).or_insert_with(|| graph.path())
    }

    /// Makes an action of `command`, which is `inputs > outputs`. A path after `@` can't be renamed. The text after `:`
    /// distinguishes the command from others on the same paths, as a flag does.
    fn action(&mut self, group: GroupId, command: &str, weight: u64) -> Action {
        let (paths, _) = command.split_once(':').unwrap_or((command, ""));
        let (reads, writes) = paths.split_once('>').expect("inputs > outputs");
        let mut accesses = |names: &str| -> Vec<Access> {
            let access = |name: &str| match name.strip_prefix('@') {
                Some(name) => Access { path: self.path(name), at: At::InPlace },
                None => Access { path: self.path(name), at: At::Renamable },
            };
            names.split_whitespace().map(access).collect()
        };
        let (reads, writes) = (accesses(reads), accesses(writes));
        let mut key = [0; 32];
        key[..command.len()].copy_from_slice(command.as_bytes());
        Action { group, key: Key(key), reads, writes, weight }
    }

    fn recorded(&mut self, group: GroupId, command: &str) -> Recorded {
        let action = self.action(group, command, 1);
        match self.graph.twin(&action) {
            Some(twin) => self.graph.merge(twin, group),
            None => self.graph.record(action),
        }
    }

    /// Records a command, and expects a new node for it.
    fn node(&mut self, group: GroupId, command: &str) -> NodeId {
        match self.recorded(group, command) {
            Recorded::New(node) => node,
            other => panic!("{command} is {other:?}"),
        }
    }

    fn done(&mut self, node: NodeId) {
        self.graph.start(node);
        assert_eq!(self.graph.finish(node, Outcome::Success), []);
    }

    fn failed(&mut self, node: NodeId) -> Vec<NodeId> {
        self.graph.start(node);
        self.graph.finish(node, Outcome::Failure)
    }

    fn state(&self, node: NodeId) -> State {
        self.graph.state(node)
    }
}

#[test]
fn two_flags_one_object() {
    // This is the bug of setuptools: both extensions compile common.c to the same common.o, each with its own flags.
    let mut build = Build::default();
    let (a, b) = (build.graph.group(true), build.graph.group(true));
    let compile_a = build.node(a, "common.c > common.o :-DA");
    let link_a = build.node(a, "common.o > a.so");
    let compile_b = build.node(b, "common.c > common.o :-DB");
    let link_b = build.node(b, "common.o > b.so");

    assert_eq!(build.graph.ready(), 2, "the compilations don't wait for each other");
    build.done(compile_b);
    assert_eq!(build.state(link_a), State::Waiting(1), "the object at that path is not a's");
    build.done(compile_a);
    assert_eq!(build.graph.start(link_b).reads, [Content::Of(compile_b)]);
    assert_eq!(build.graph.start(link_a).reads, [Content::Of(compile_a)]);

    let object = build.path("common.o");
    assert_eq!(build.graph.newest_version(object), Some(Version::Written(compile_b)));
    let hazards: Vec<_> = build.graph.hazards().collect();
    assert_eq!(hazards.len(), 1);
    assert_eq!((hazards[0].path, hazards[0].duplicate, hazards[0].ordered), (object, false, false));
}

#[test]
fn duplicates_run_once() {
    // Four extensions share one source: 3 of the 12 commands repeat another.
    let mut build = Build::default();
    let mut shared = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let group = build.graph.group(true);
        shared.push(build.recorded(group, "shim.cc > shim.o"));
        build.node(group, &format!("{name}.cc > {name}.o"));
        build.node(group, &format!("shim.o {name}.o > {name}.so"));
    }
    let Recorded::New(first) = shared[0] else { panic!("the first is a node of its own") };
    assert_eq!(shared[1..], [Recorded::Merged(first); 3]);
    assert_eq!((build.graph.recorded(), build.graph.len()), (12, 9));
    assert!(build.graph.hazards().all(|hazard| hazard.duplicate), "one command, so only torn reads");
}

#[test]
fn changed_input_ends_repetition() {
    let mut build = Build::default();
    let (a, b) = (build.graph.group(true), build.graph.group(true));
    let first = build.node(a, "x.c > x.o");
    build.node(a, "x.pyx > x.c");
    let second = build.node(b, "x.c > x.o");
    assert_ne!(first, second);
}

#[test]
fn outside_change_ends_repetition() {
    let mut build = Build::default();
    let (a, b) = (build.graph.group(true), build.graph.group(true));
    let generate = build.node(a, "x.pyx > x.c");
    let first = build.node(a, "x.c > x.o");
    build.done(generate);
    build.done(first);
    // Python rewrites the generated file, so the object was made from a content that is gone.
    let source = build.path("x.c");
    build.graph.committed(source);
    build.graph.changed_outside(source);
    let second = build.node(b, "x.c > x.o");
    assert_eq!(build.graph.start(second).reads, [Content::AtPlace]);
}

#[test]
fn earlier_repetition_is_found() {
    // The object is that of -DA again, so the library is the first one again.
    let mut build = Build::default();
    let groups: Vec<GroupId> = (0..3).map(|_| build.graph.group(true)).collect();
    build.node(groups[0], "x.c > x.o :-DA");
    let link = build.node(groups[0], "x.o > x.so");
    build.node(groups[1], "x.c > x.o :-DB");
    build.node(groups[1], "x.o > x.so");
    build.recorded(groups[2], "x.c > x.o :-DA");
    assert_eq!(build.recorded(groups[2], "x.o > x.so"), Recorded::Merged(link));
}

#[test]
fn archive_updated_by_two_groups() {
    // `ar r` adds a member to the existing archive. The result is a chain of versions, in which each update reads only
    // the one before it.
    let mut build = Build::default();
    let (a, b) = (build.graph.group(true), build.graph.group(true));
    let first = build.node(a, "lib.a a.o > lib.a");
    let link_a = build.node(a, "lib.a > a.so");
    let second = build.node(b, "lib.a b.o > lib.a");
    let link_b = build.node(b, "lib.a > b.so");

    build.done(first);
    assert_eq!(build.graph.ready(), 2);
    assert_eq!(build.graph.start(second).reads, [Content::Of(first), Content::AtPlace]);
    assert_eq!(build.graph.start(link_a).reads, [Content::Of(first)], "while its successor is made");
    build.graph.finish(second, Outcome::Success);
    assert_eq!(build.graph.start(link_b).reads, [Content::Of(second)]);
}

#[test]
fn same_update_twice_is_no_repetition() {
    let mut build = Build::default();
    let group = build.graph.group(true);
    let first = build.node(group, "lib.a a.o > lib.a");
    let second = build.node(group, "lib.a a.o > lib.a");
    assert_eq!(build.graph.dependencies(second), [first]);
}

#[test]
fn writers_at_a_place_are_ordered() {
    // --coverage names its notes after the object, so both objects stay where they are.
    let mut build = Build::default();
    let (a, b) = (build.graph.group(true), build.graph.group(true));
    let compile_a = build.node(a, "x.c > @x.o @x.gcno :-DA");
    let link_a = build.node(a, "x.o > a.so");
    let compile_b = build.node(b, "x.c > @x.o @x.gcno :-DB");

    build.done(compile_a);
    assert_eq!(build.graph.start(link_a).reads, [Content::AtPlace]);
    assert_eq!(build.state(compile_b), State::Waiting(1), "the link still reads the object of a");
    build.graph.finish(link_a, Outcome::Success);
    let changes = build.graph.start(compile_b).changes;
    assert!(changes.iter().all(|change| change.change == Change::Write));
    assert_eq!(changes.len(), 2);
    assert!(build.graph.hazards().all(|hazard| hazard.ordered));
}

#[test]
fn renamed_output_is_committed_for_a_reader_at_its_place() {
    let mut build = Build::default();
    let group = build.graph.group(true);
    let compile = build.node(group, "x.c > x.o");
    let strip = build.node(group, "@x.o > x.stripped");
    build.done(compile);
    let start = build.graph.start(strip);
    assert_eq!(start.reads, [Content::AtPlace]);
    assert_eq!(start.changes.len(), 1);
    assert_eq!(start.changes[0].change, Change::Commit(Version::Written(compile)));
}

#[test]
fn optional_failure_leaves_the_others() {
    let mut build = Build::default();
    let (optional, other) = (build.graph.group(false), build.graph.group(true));
    let broken = build.node(optional, "broken.c > broken.o");
    let link = build.node(optional, "broken.o > broken.so");
    let good = build.node(other, "good.c > good.o");

    assert_eq!(build.failed(broken), []);
    assert_eq!(build.state(link), State::Cancelled);
    assert_eq!(build.recorded(optional, "more.c > more.o"), Recorded::Skipped);
    build.done(good);
    assert!(build.graph.is_settled());
    assert_eq!(build.graph.fatal(), None);
    let failure = build.graph.failure(optional).expect("it failed");
    assert_eq!(build.graph.node_of(failure), broken);
    let object = build.path("broken.o");
    assert_eq!(build.graph.newest_version(object), Some(Version::Left(broken)));
}

#[test]
fn reader_waits_until_the_version_is_certain() {
    // If the optional extension fails early, the serial build never compiles its x.o, and the older x.o counts.
    let mut build = Build::default();
    let (a, optional, b) = (build.graph.group(true), build.graph.group(false), build.graph.group(true));
    let old = build.node(a, "x.c > x.o :-DA");
    let early = build.node(optional, "y.c > y.o");
    let new = build.node(optional, "x.c > x.o :-DB");
    let link = build.node(b, "x.o > b.so");

    build.done(old);
    build.done(new);
    assert_eq!(build.state(link), State::Waiting(1), "y.o may yet fail");
    build.failed(early);
    assert_eq!(build.graph.start(link).reads, [Content::Of(old)]);
}

#[test]
fn absent_output_waits_for_readers_of_the_file() {
    // A failed compilation removes x.o, and b finds it removed. But it is not removed while a command still reads it.
    let mut build = Build::default();
    let (a, optional, b) = (build.graph.group(true), build.graph.group(false), build.graph.group(true));
    let old = build.node(a, "x.c > x.o :-DA");
    let strip = build.node(a, "@x.o > x.stripped");
    let broken = build.node(optional, "x.c > x.o :-DB");
    let link = build.node(b, "x.o > b.so");
    build.done(old);
    build.graph.start(strip);
    build.failed(broken);
    assert_eq!(build.state(link), State::Waiting(1));
    build.graph.finish(strip, Outcome::Success);
    assert_eq!(build.graph.start(link).changes[0].change, Change::Commit(Version::Left(broken)));
}

#[test]
fn fatal_failure_takes_back_what_is_behind_it() {
    let mut build = Build::default();
    let (a, b) = (build.graph.group(true), build.graph.group(true));
    let broken = build.node(a, "broken.c > broken.o");
    let done = build.node(b, "x.c > @x.o");
    let running = build.node(b, "y.c > @y.o");
    build.done(done);
    build.graph.start(running);

    assert_eq!(build.failed(broken), [running], "to be stopped");
    assert_eq!(build.graph.undo(), [], "not as long as it may still write");
    build.graph.finish(running, Outcome::Failure);
    let paths: Vec<PathId> = build.graph.undo().iter().map(|undo| undo.path).collect();
    assert_eq!(paths, [build.path("y.o"), build.path("x.o")], "latest first");
    assert!(!build.graph.is_settled());
    build.graph.undone();
    assert!(build.graph.is_settled());
    assert_eq!(build.graph.uncommitted().count(), 1, "only the absence of broken.o");
}

#[test]
fn repetition_outlives_its_first_group() {
    // The link is first recorded for an extension that fails before it would have compiled the object.
    let mut build = Build::default();
    let (optional, b, c) = (build.graph.group(false), build.graph.group(true), build.graph.group(true));
    let broken = build.node(optional, "broken.c > broken.o");
    let compile = build.node(optional, "x.c > x.o");
    let link = build.node(optional, "x.o > x.so");
    assert_eq!(build.recorded(b, "x.c > x.o"), Recorded::Merged(compile));
    assert_eq!(build.recorded(b, "x.o > x.so"), Recorded::Merged(link));
    build.done(compile);
    assert_eq!(build.failed(broken), []);
    assert_eq!(build.recorded(c, "x.o > x.so"), Recorded::Merged(link));
    assert_eq!(build.graph.start(link).reads, [Content::Of(compile)], "that of the second extension");
}

#[test]
fn reader_at_a_place_belongs_to_one_recording() {
    // If the two readers were one node, the failure would take the object away from the second extension's reader.
    let mut build = Build::default();
    let (optional, b) = (build.graph.group(false), build.graph.group(true));
    let broken = build.node(optional, "broken.c > broken.o");
    let compile = build.node(optional, "x.c > x.o");
    let first = build.node(optional, "@x.o > x.so");
    assert_eq!(build.recorded(b, "x.c > x.o"), Recorded::Merged(compile));
    let second = build.node(b, "@x.o > x.so");
    build.done(compile);
    build.graph.start(first);
    assert_eq!(build.failed(broken), [first]);
    assert_eq!(build.graph.ready(), 0, "nothing starts before the place is what it was");
    build.graph.finish(first, Outcome::Failure);
    assert_eq!(build.graph.undo().len(), 1);
    build.graph.undone();
    let start = build.graph.start(second);
    assert_eq!(start.changes[0].change, Change::Commit(Version::Written(compile)));
}

#[test]
fn failed_command_fails_again_without_running() {
    let mut build = Build::default();
    let (a, b) = (build.graph.group(false), build.graph.group(false));
    let broken = build.node(a, "broken.c > broken.o");
    build.failed(broken);
    assert_eq!(build.recorded(b, "broken.c > broken.o"), Recorded::Merged(broken));
    assert_eq!(build.recorded(b, "x.c > x.o"), Recorded::Skipped);
    assert!(build.graph.failure(b).is_some());
}

#[test]
fn heaviest_chain_starts_first() {
    let mut build = Build::default();
    let group = build.graph.group(true);
    let mut node = |command: &str, weight| {
        let action = build.action(group, command, weight);
        match build.graph.record(action) {
            Recorded::New(node) => node,
            other => panic!("{command} is {other:?}"),
        }
    };
    let short = node("a.c > a.o", 5);
    let long = node("b.c > b.o", 9);
    let light = node("c.c > c.o", 1);
    let order = |graph: &Graph| (0..graph.ready()).filter_map(|n| graph.nth_ready(n)).collect::<Vec<_>>();
    assert_eq!(order(&build.graph), [long, short, light]);
    // The longest work of all turns out to wait for the lightest node.
    let action = build.action(group, "c.o > c.so", 20);
    build.graph.record(action);
    assert_eq!(order(&build.graph), [light, long, short]);
}
