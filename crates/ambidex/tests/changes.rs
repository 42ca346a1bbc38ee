//! Files that a project changes at random between builds of its extensions, some of which fail: changes ahead of a
//! failure are undone, and made again after it, and nothing of this can be seen from outside.
//!
//! `AMBIDEX_TEST_SEEDS=100..200` sets other seeds than the usual ones.

mod support;

use support::matrix::{FEW, with_environments};
use support::shape::Shape;
use support::{Verdict, do_all, repository, tests_all, told};

fn seeds() -> Vec<u32> {
    let usual = || if tests_all() { "0..4" } else { "0..1" }.to_owned();
    let range = std::env::var("AMBIDEX_TEST_SEEDS").unwrap_or_else(|_| usual());
    let (from, to) = range.split_once("..").expect("a range of numbers");
    let number = |text: &str| text.parse().expect("a number");
    (number(from)..number(to)).collect()
}

#[test]
fn changes_at_random_are_equal() {
    let shape =
        Shape::read("changes".to_owned(), repository().join("tests").join("changes").join("setup.py"));
    let mut wrong = Vec::new();
    for (place, environment) in with_environments(&FEW) {
        let Some(environment) = environment else { continue };
        let verdicts = do_all(&seeds(), |seed| {
            let seed = seed.to_string();
            let mut variables = vec![("SEED", seed.as_str())];
            variables.extend(place.distutils.variables());
            let verdict = shape.compare(&environment, &variables);
            match verdict {
                Verdict::Equal => None,
                Verdict::NotBuilt(_) | Verdict::Wrong(_) => {
                    let text = format!("seed {seed} with {}: {verdict:?}", environment.name);
                    told(&text);
                    Some(text)
                }
            }
        });
        wrong.extend(verdicts.into_iter().flatten());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
