//! How the memory must behave from one build to the next.

use std::fs;

use super::record::{RunResult, Written};
use super::*;
use crate::base::alike::Alike;
use crate::base::stat::Stat;
use crate::memory::unit::Unit;

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("obj")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Memory {
        Memory::open(&self.path("state"), self.path("obj")).unwrap()
    }

    /// Remembers a run of a command that read this file and wrote an output.
    fn run(&self, memory: &mut Memory, name: &str, input: &str) -> RecordKey {
        let number = memory.new_folder().unwrap();
        let folder = memory.folder(number);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.o"), name).unwrap();
        let file = memory.files.id(&self.path(input));
        let looks: Vec<_> = memory.files.current(file).into_iter().collect();
        let looks = memory.grouped(&looks);
        let written = Written {
            name: "a.o".to_owned(),
            digest: Digest::of(name.as_bytes()),
            executable: false,
            canonical: None,
        };
        let told = CommandDescription { place: format!("{name}.o"), ..CommandDescription::default() };
        let action = ActionKey(Digest::of(format!("key of {name}").as_bytes()));
        let record = Record {
            duration: 7,
            action,
            looks,
            roles: Vec::new(),
            surroundings: 0,
            result: RunResult { outputs: vec![written], ..RunResult::default() },
            folder: number,
            states: vec![None],
            description: postcard::to_stdvec(&told).unwrap(),
        };
        let key = RecordKey::of(action, &told.place);
        memory.remember(key, &record);
        key
    }

    fn objects(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("obj")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn which_directory_was_found_is_remembered_apart_from_files() {
    let bench = Bench::new();
    let root = bench.folder.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("a/b")).unwrap();
    let plain = root.join("a");
    let detour = root.join("a/b/..");
    // A file whose content is the path of the directory is another finding.
    fs::write(root.join("text"), plain.to_str().unwrap()).unwrap();
    let mut memory = bench.open();
    let ids = [&plain, &detour, &root.join("text"), &root.join("absent")].map(|path| memory.files.id(path));
    let found = ids.map(|id| memory.files.current(id));
    let looks = memory.grouped(&found.into_iter().flatten().collect::<Vec<_>>());
    bench.run(&mut memory, "one", "text");
    drop(memory);
    let memory = bench.open();
    let looks = memory.looks(&looks);
    let folders: Vec<_> = looks.iter().map(|id| memory.files.folder(*id).map(Path::to_owned)).collect();
    assert_eq!(folders.iter().flatten().collect::<Vec<_>>(), [&plain, &plain]);
    assert_eq!(looks.iter().filter(|id| memory.files.is_content(**id)).count(), 1);
}

fn recording(actions: &[RecordKey]) -> Invocation {
    Invocation { actions: actions.to_vec(), ..Invocation::default() }
}

#[test]
fn what_was_remembered_is_there_after_a_kill() {
    let bench = Bench::new();
    fs::write(bench.path("a.h"), "1").unwrap();
    let mut memory = bench.open();
    let key = bench.run(&mut memory, "one", "a.h");
    drop(memory);
    let mut memory = bench.open();
    let record = memory.record(&key).unwrap();
    assert_eq!(record.result.outputs[0].digest, Digest::of(b"one"));
    assert_eq!(memory.duration(&key), Some(7));
    assert!(memory.check(&record.looks).is_ok());
    assert_eq!(memory.command_at("one.o").unwrap().1.place, "one.o");
    fs::write(bench.path("a.h"), "2").unwrap();
    memory.files.invalidate();
    assert!(memory.check(&record.looks).is_err());
    fs::write(bench.path("a.h"), "1").unwrap();
    memory.files.invalidate();
    assert!(memory.check(&record.looks).is_ok(), "only content counts");
}

#[test]
fn what_no_program_records_any_more_goes_with_its_outputs() {
    let bench = Bench::new();
    fs::write(bench.path("a.h"), "").unwrap();
    let mut memory = bench.open();
    let (one, two) = (bench.run(&mut memory, "one", "a.h"), bench.run(&mut memory, "two", "a.h"));
    let program = Digest::of(b"setup.py build");
    memory.remember_invocation(program, &recording(&[one, two]));
    memory.remember_invocation(Digest::of(b"setup.py build_clib"), &recording(&[two]));
    memory.close(true);
    assert_eq!(bench.objects(), ["1", "2"]);
    memory.remember_invocation(program, &recording(&[]));
    memory.close(true);
    assert_eq!(bench.objects(), ["2"]);
    let memory = bench.open();
    assert!(memory.record(&one).is_none() && memory.record(&two).is_some());
}

#[test]
fn a_build_that_failed_leaves_what_is_done() {
    let bench = Bench::new();
    fs::write(bench.path("a.h"), "").unwrap();
    let mut memory = bench.open();
    let one = bench.run(&mut memory, "one", "a.h");
    memory.close(false);
    assert!(bench.open().record(&one).is_some());
    assert_eq!(bench.objects(), ["1"]);
}

/// Makes two files with the content of a third, of which one is that file. Returns the group of all three.
fn equals(bench: &Bench, memory: &mut Memory) -> Vec<GroupId> {
    let [first, link, copy] = ["a.h", "b.h", "c.h"].map(|name| bench.path(name));
    fs::hard_link(&first, &link).unwrap();
    fs::copy(&first, &copy).unwrap();
    memory.files.invalidate();
    let stats: Vec<Stat> = [&first, &link, &copy].into_iter().flat_map(|file| Stat::of(file)).collect();
    // Their order must not depend on when each became known.
    let files = [&copy, &link, &first].map(|file| memory.files.id(file));
    let files = files.into_iter().rev().filter_map(|id| memory.files.current(id)).collect();
    memory.grouped_equals(&[Equals { files, alike: Alike::of(&stats) }])
}

#[test]
fn files_stay_as_alike_as_they_were() {
    let bench = Bench::new();
    fs::write(bench.path("a.h"), "1").unwrap();
    let mut memory = bench.open();
    let group = equals(&bench, &mut memory);
    assert_eq!(equals_again(&mut memory, &group), Ok(()));
    fs::rename(bench.path("c.h"), bench.path("b.h")).unwrap();
    fs::hard_link(bench.path("b.h"), bench.path("c.h")).unwrap();
    let differing = equals_again(&mut memory, &group).unwrap_err().unwrap();
    assert_eq!(memory.files.path_of(differing), bench.path("b.h"));
    fs::remove_file(bench.path("c.h")).unwrap();
    assert!(equals_again(&mut bench.open(), &group).is_err());
}

fn equals_again(memory: &mut Memory, group: &[GroupId]) -> Result<(), Option<FindingId>> {
    memory.files.invalidate();
    memory.check(group)
}

#[test]
fn written_anew_it_says_the_same_in_fewer_bytes() {
    let bench = Bench::new();
    let mut memory = bench.open();
    let mut keys = Vec::new();
    for round in 0..400 {
        fs::write(bench.path("a.h"), format!("{round}")).unwrap();
        memory.files.invalidate();
        keys = (0..3).map(|n| bench.run(&mut memory, &format!("m{n}"), "a.h")).collect();
    }
    let state = Digest::of(b"state of Python");
    let mut looks = memory.record(&keys[0]).unwrap().looks;
    looks.extend(equals(&bench, &mut memory));
    let unit = Unit {
        programs: Vec::new(),
        looks,
        surroundings: Vec::new(),
        commands: Vec::new(),
        steps: Vec::new(),
    };
    memory.remember_unit(state, &unit);
    memory.remember_unit(Digest::of(b"another state"), &unit);
    let invocation = Invocation { units: vec![state], ..recording(&keys) };
    memory.remember_invocation(Digest::of(b"setup.py build"), &invocation);
    let size = |bench: &Bench| fs::metadata(bench.path("state")).unwrap().len();
    memory.close(false);
    let before = size(&bench);
    memory.close(true);
    assert!(size(&bench) * 10 < before, "{} of {before} bytes", size(&bench));
    for mut memory in [memory, bench.open()] {
        for key in &keys {
            let record = memory.record(key).unwrap();
            assert!(memory.check(&record.looks).is_ok());
        }
        assert_eq!(memory.invocation(&Digest::of(b"setup.py build")).unwrap().actions, keys);
        let unit = memory.unit(&state).unwrap();
        assert!(memory.check(&unit.looks).is_ok());
        assert_eq!(memory.equals(&unit.looks).len(), 1);
        assert!(memory.unit(&Digest::of(b"another state")).is_none(), "no program has it");
    }
    assert_eq!(bench.objects().len(), 3);
}

#[test]
fn numbers_of_folders_are_not_used_twice() {
    let bench = Bench::new();
    fs::create_dir(bench.path("obj/41")).unwrap();
    let mut memory = bench.open();
    assert_eq!((memory.new_folder().unwrap(), memory.new_folder().unwrap()), (42, 43));
}

#[test]
fn a_tree_that_was_removed_is_left_alone() {
    let bench = Bench::new();
    fs::write(bench.path("a.h"), "").unwrap();
    let mut memory = bench.open();
    bench.run(&mut memory, "one", "a.h");
    fs::remove_dir_all(bench.path("obj")).unwrap();
    fs::remove_file(bench.path("state")).unwrap();
    memory.close(true);
    assert!(!bench.path("obj").exists() && !bench.path("state").exists());
}

#[test]
fn changes_that_may_be_younger_than_a_start_are_in_doubt() {
    let bench = Bench::new();
    let input = bench.path("input");
    fs::write(&input, "one").unwrap();
    let changed = crate::base::stat::Stat::of(&input).unwrap().changed;
    let seconds = |more: i64| crate::base::stat::Time::new(changed.seconds() + more, 1);
    let files = &mut bench.open().files;
    let file = files.id(&input);
    // A change at the very time of the start is in doubt, and so is a change after it.
    assert_eq!(files.look_since(file, changed, None), Err(files::Unsteady::Changed));
    assert_eq!(files.look_since(file, seconds(-1), None), Err(files::Unsteady::Changed));
    assert!(files.look_since(file, seconds(1), None).is_ok());
}
