//! Several versions of Python and setuptools, numbers of jobs and orders of execution always give the bytes of
//! `build -j1`.

mod support;

use std::hash::{BuildHasher, RandomState};

use support::{Environment, Files, NEWEST, Workspace, differences, run, shared_source, tests_all};

/// Returns how often ambidex builds at each place of the matrix.
fn builds() -> u64 {
    let asked = std::env::var("AMBIDEX_TEST_BUILDS").ok();
    let usual = if tests_all() { 8 } else { 3 };
    asked.map_or(usual, |number| number.parse().expect("AMBIDEX_TEST_BUILDS is a number"))
}

fn is_always_equal(minor: u32, setuptools: &str, variables: &[(&str, &str)]) {
    let Some(environment) = Environment::get(minor, setuptools) else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    for (name, value) in variables {
        workspace.variables.push(((*name).to_owned(), (*value).to_owned()));
    }
    workspace.build_serially();
    let serial = Files::built(&workspace.root());
    assert!(serial.has("mod1.") && serial.has("mod2."), "{serial:?}");
    let random = RandomState::new();
    for number in 0..builds() {
        workspace.start_again();
        let jobs = [1, 2, 3, 4, 5, 8, 12, 16][number as usize % 8].to_string();
        let seed = (random.hash_one(number) >> 32).to_string();
        let told = format!("{}, -j{jobs} --schedule-seed {seed}", environment.name);
        let summary = workspace.build_with_summary(&["-j", &jobs, "--schedule-seed", &seed]);
        assert_eq!(summary["commands"]["recorded"], 6, "{told}: {summary:#}");
        let differing = differences(&serial, &Files::built(&workspace.root()));
        assert!(differing.is_empty(), "{told}: {differing:#?}");
        let shown = run(&mut workspace.python(&["show.py"])).expect(0);
        assert_eq!(shown.stdout, "12 42\n", "{told}");
    }
    // If nothing has changed, this Python's setuptools doesn't reach the commands.
    let again = run(&mut workspace.ambidex(&["build", "-j2"])).expect(0);
    assert!(!again.stdout.contains("building '"), "{}: {again}", environment.name);
    assert_eq!(differences(&serial, &Files::built(&workspace.root())), [""; 0], "{}", environment.name);
    workspace.expect_nothing_left_behind();
}

macro_rules! matrix {
    ($($name:ident: $minor:literal, $setuptools:expr $(, $variable:literal = $value:literal)*;)+) => {
        $(
            #[test]
            fn $name() {
                is_always_equal($minor, $setuptools, &[$(($variable, $value)),*]);
            }
        )+
    };
}

matrix! {
    python_3_6_setuptools_39: 6, "39.2.0";
    python_3_6_setuptools_40: 6, "40.6.3";
    python_3_7_setuptools_47: 7, "47.1.0";
    python_3_8_setuptools_56: 8, "56.0.0";
    python_3_9_setuptools_58: 9, "58.1.0";
    python_3_10_setuptools_59: 10, "59.6.0";
    python_3_11_setuptools_67: 11, "67.7.2";
    python_3_11_setuptools_newest: 11, NEWEST;
    python_3_11_distutils_of_the_library: 11, NEWEST, "SETUPTOOLS_USE_DISTUTILS" = "stdlib";
    python_3_12_setuptools_69: 12, "69.5.1";
    python_3_13_setuptools_newest: 13, NEWEST;
}
