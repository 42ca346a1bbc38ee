//! Which commands of the last build a name on the command line means.

use std::collections::BTreeSet;
use std::path::Path;

use ambidex_engine::Explanation;

use crate::error::Error;

/// Returns the commands that a name means: those that write the file at this path; if there are none, those of the
/// extension of this name; if there are none, those that write a file whose path ends like this.
///
/// # Errors
/// If there are none, or if files at several paths end like this.
pub(crate) fn named<T>(
    found: Vec<T>,
    name: &str,
    root: &Path,
    told: impl Fn(&T) -> &Explanation,
) -> Result<Vec<T>, Error> {
    let name = name.trim_start_matches("./");
    let inside = Path::new(name).strip_prefix(root).unwrap_or(Path::new(name));
    let ending = format!("/{name}");
    let tests: [&dyn Fn(&Explanation) -> bool; 3] = [
        &|told| Path::new(&told.output) == inside,
        &|told| told.extension.as_deref() == Some(name),
        &|told| told.output.ends_with(&ending),
    ];
    let Some(test) = tests.into_iter().find(|test| found.iter().any(|item| test(told(item)))) else {
        return Err(Error::NoSuchOutput(name.to_owned()));
    };
    let is_of_extension = |told: &Explanation| told.extension.as_deref() == Some(name);
    let chosen: Vec<T> = found.into_iter().filter(|item| test(told(item))).collect();
    let outputs: BTreeSet<&String> = chosen.iter().map(|item| &told(item).output).collect();
    if outputs.len() > 1 && !chosen.iter().all(|item| is_of_extension(told(item))) {
        let candidates = outputs.into_iter().cloned().collect();
        return Err(Error::ManyOutputs { name: name.to_owned(), candidates });
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Explanation> {
        let outputs = [
            ("build/lib/pkg/one.so", Some("pkg.one")),
            ("build/temp/a/common.o", Some("pkg.one")),
            ("build/temp/b/common.o", Some("two")),
            ("build/temp/shared.o", Some("pkg.one")),
            ("build/temp/shared.o", Some("two")),
            ("/tmp/probe.o", None),
        ];
        let told = |(output, extension): (&str, Option<&str>)| Explanation {
            output: output.to_owned(),
            extension: extension.map(str::to_owned),
            command: Vec::new(),
            done: "run",
            reason: String::new(),
        };
        outputs.map(told).to_vec()
    }

    fn outputs(name: &str) -> Result<Vec<String>, String> {
        let chosen = named(all(), name, Path::new("/p"), |told| told);
        chosen
            .map(|chosen| chosen.into_iter().map(|told| told.output).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_output_has_many_names() {
        for name in [
            "build/lib/pkg/one.so",
            "./build/lib/pkg/one.so",
            "/p/build/lib/pkg/one.so",
            "pkg/one.so",
            "one.so",
        ] {
            assert_eq!(outputs(name), Ok(vec!["build/lib/pkg/one.so".to_owned()]), "{name}");
        }
        assert_eq!(outputs("/tmp/probe.o"), Ok(vec!["/tmp/probe.o".to_owned()]));
        assert_eq!(outputs("shared.o").map(|found| found.len()), Ok(2));
        let of_extension = ["build/temp/b/common.o", "build/temp/shared.o"].map(str::to_owned).to_vec();
        assert_eq!(outputs("two"), Ok(of_extension));
    }

    #[test]
    fn what_is_not_clear_is_an_error() {
        let several =
            "`common.o` may mean several outputs:\n  build/temp/a/common.o\n  build/temp/b/common.o";
        assert_eq!(outputs("common.o"), Err(several.to_owned()));
        assert_eq!(outputs("mmon.o"), Err("no command of the last build writes `mmon.o`".to_owned()));
    }
}
