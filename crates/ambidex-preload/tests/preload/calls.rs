//! Copies of the process for calls, as far as the library that observes them has no part in it.
//! `crates/ambidex/tests/cython.rs` tests the rest.

use crate::engine::{Engine, Question};
use crate::python::{pythons, run};

#[test]
fn no_copy_is_made_that_could_not_be_observed() {
    for python in pythons() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        let script = "
begin()
assert ask('snapshot') == 'taken'
assert ask('call 1') == 'refused library', ask('call 1')
for verb in 'begin', 'done 0', 'variable X':
    assert ask(verb).startswith('error'), verb
";
        run(&python, &engine, folder.path(), script);
    }
}

#[test]
fn a_listing_for_names_that_match_asks_for_these_alone() {
    for python in pythons() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(folder.path());
        let name = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        engine.pend_in(&name);
        let script = "
begin(); record()
ask('match ./a*.x'); os.listdir('.'); ask('match ')
";
        run(&python, &engine, folder.path(), script);
        engine.drain();
        let seen = engine.seen();
        let is_list = |question: &Question| question.sent > 0 && question.why == "list";
        assert!(!seen.questions.iter().any(is_list), "{:?}", seen.questions);
        assert!(seen.asked(b'L', "a*.x"), "{:?}", seen.questions);
    }
}
