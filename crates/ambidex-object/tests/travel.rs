//! Objects of the compilers that are here: what is made for a folder is what the compiler writes in that folder.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ambidex_object::{Bound, Role, canonical, make};
use tempfile::TempDir;

/// Sources, and what becomes of them.
const SOURCES: [(&str, &str); 3] = [
    (
        "src/plain.c",
        r#"
#include <stdio.h>
#include <string.h>
#include "inner.h"
struct node { int value; struct node *next; long long counter; };
static int helper(struct node *node) { return node->value + (int)strlen("abc") + twice(3); }
int work(int count) { struct node node = {count}; printf("%d\n", helper(&node)); return 0; }
"#,
    ),
    (
        "src/uses.c",
        r#"
#include "inner.h"
#include <own.h>
static __thread int local;
int uses(int a) { local += a; return twice(a) + own(local); }
"#,
    ),
    (
        "src/wide.cpp",
        r#"
#include "inner.h"
#include <own.h>
#include <lambda.h>
namespace { struct Hidden { int x = 3; virtual ~Hidden() {} }; }
template <class F> int call(F f) { struct { int y; } nameless{1}; return f(nameless.y); }
template <class T> struct Box { T value; T get() const { return value; } };
static Box<long> table[3];
int find(int key) {
    Box<int> box{own(twice(1))};
    Hidden hidden;
    auto add = [&](int a) { return a + box.get() + hidden.x; };
    return lambda() + call(add) + call([](int b) { return b; }) + int(table[key].get());
}
"#,
    ),
];

const COMPILERS: [(&str, &str); 2] = [("gcc", "g++"), ("clang", "clang++")];
const FLAGS: [&[&str]; 6] = [
    &["-g", "-O0"],
    &["-g", "-O3", "-ffunction-sections", "-fdata-sections"],
    &["-g3", "-O2", "-fPIC"],
    &["-g", "-gdwarf-4", "-O1"],
    &["-g", "-O2", "-fdebug-types-section", "-m32"],
    &["-g", "-O2", "--target=aarch64-linux-gnu"],
];

/// A project and a virtual environment, somewhere.
struct Site {
    project: PathBuf,
    environment: PathBuf,
}

impl Site {
    fn new(project: PathBuf, environment: PathBuf) -> Self {
        std::fs::create_dir_all(project.join("src")).unwrap();
        std::fs::create_dir_all(environment.join("include")).unwrap();
        for (name, text) in SOURCES {
            std::fs::write(project.join(name), text).unwrap();
        }
        std::fs::write(project.join("src/inner.h"), "static inline int twice(int v) { return 2 * v; }\n")
            .unwrap();
        std::fs::write(environment.join("include/own.h"), "static inline int own(int v) { return v + 1; }\n")
            .unwrap();
        let lambda = "template <class F> int run(F f) { return f(1); }\n\
                      inline int lambda() { return run([](int a) { return a; }); }\n";
        std::fs::write(environment.join("include/lambda.h"), lambda).unwrap();
        Self { project, environment }
    }

    fn roles(&self) -> [Role<'_>; 2] {
        [
            Role { name: "project", path: self.project.as_os_str().as_bytes() },
            Role { name: "environment", path: self.environment.as_os_str().as_bytes() },
        ]
    }

    /// Compiles a source in the project's folder. Returns nothing if the compiler isn't here, or can't
    /// compile for another machine.
    fn compile(&self, compiler: &str, flags: &[&str], source: &str, absolute: bool) -> Option<Vec<u8>> {
        let source = if absolute { self.project.join(source) } else { PathBuf::from(source) };
        let object = self.project.join("out.o");
        let mut include = std::ffi::OsString::from("-I");
        include.push(self.environment.join("include"));
        let status = Command::new(compiler)
            .args(flags)
            .arg(include)
            .arg("-c")
            .arg(&source)
            .args(["-o", "out.o"])
            .current_dir(&self.project)
            .env("PWD", &self.project)
            .stderr(std::process::Stdio::null())
            .status();
        let made = status.ok()?.success();
        let other_machine = flags.iter().any(|flag| ["-m32", "--target=aarch64-linux-gnu"].contains(flag));
        assert!(made || other_machine, "{compiler} {flags:?} {source:?} failed");
        if !made {
            return None;
        }
        let bytes = std::fs::read(&object).unwrap();
        std::fs::remove_file(&object).unwrap();
        Some(bytes)
    }
}

/// Where the environment is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Environment {
    /// It has nothing in common with the project.
    Apart,
    /// It is in the project.
    Inside,
    /// It is beside the project every other time, else apart.
    Beside,
}

/// Returns folders of all kinds.
fn sites(projects: &Path, environments: &Path, environment: Environment) -> Vec<Site> {
    let long = format!("{}/{}", "l".repeat(100), "ong".repeat(30));
    let names: [&OsStr; 10] = [
        OsStr::new("a"),
        OsStr::new("b c"),
        OsStr::new("größe/日本"),
        OsStr::new("src"),
        OsStr::new("x/src/src"),
        OsStr::new("p-1.0"),
        OsStr::new("p$HOME'q"),
        OsStr::new("\"quoted\""),
        OsStr::from_bytes(b"\xff\xfe"),
        OsStr::new(&long),
    ];
    let site = |(number, name): (usize, &&OsStr)| {
        let project = projects.join(name);
        let environment = match environment {
            Environment::Inside => project.join(".venv"),
            Environment::Beside if number % 2 == 0 => projects.join(number.to_string()).join(name),
            _ => environments.join(number.to_string()).join(name),
        };
        Site::new(project, environment)
    };
    let count = if environment == Environment::Apart { names.len() } else { 4 };
    names.iter().take(count).enumerate().map(site).collect()
}

/// What became of the objects of one compiler.
#[derive(Debug, Default)]
struct Count {
    moved: usize,
    bound: Vec<(String, Bound)>,
}

/// Judges one command in all places.
fn judge(sites: &[Site], compiler: &str, flags: &[&str], source: &str, absolute: bool, count: &mut Count) {
    let mut known: Option<Vec<u8>> = None;
    let mut objects = Vec::new();
    let what = format!("{compiler} {flags:?} {source} absolute={absolute}");
    for site in sites {
        let Some(object) = site.compile(compiler, flags, source, absolute) else { return };
        match canonical(&object, &site.roles()) {
            Ok(Some(form)) => {
                let at = format!("{what} in {:?}", site.project);
                let known = known.get_or_insert_with(|| form.clone());
                assert!(*known == form, "{at}: another canonical form");
                objects.push((at, site, object));
            }
            Ok(None) => panic!("{what} in {:?}: no path", site.project),
            Err(bound) => count.bound.push((format!("{what} in {:?}", site.project), bound)),
        }
    }
    let Some(known) = known else { return };
    for (at, site, object) in objects {
        assert!(make(&known, &site.roles()).expect(&at) == object, "{at}: another object");
        count.moved += 1;
    }
}

fn travel(environment: Environment) {
    let projects = TempDir::new_in("/tmp").unwrap();
    let environments = TempDir::new_in("/var/tmp").unwrap();
    let sites = sites(projects.path(), environments.path(), environment);
    for (c, cpp) in COMPILERS {
        let mut count = Count::default();
        for flags in FLAGS {
            for (source, _) in SOURCES {
                for absolute in [false, true] {
                    let compiler = if source.ends_with(".c") { c } else { cpp };
                    judge(&sites, compiler, flags, source, absolute, &mut count);
                }
            }
        }
        let expected = |(what, bound): &&(String, Bound)| {
            // GCC's order in DWARF 4 depends on strings that are not in the object. Clang splits paths at folders that
            // they have in common.
            let order = what.starts_with('g') && *bound == Bound::Order(".debug_str");
            let split = environment == Environment::Beside && matches!(bound, Bound::Common(_));
            !(what.contains("-gdwarf-4") && (order || split))
        };
        let unexpected: Vec<_> = count.bound.iter().filter(expected).collect();
        let first = unexpected.first();
        assert!(unexpected.is_empty(), "{} moved, {} bound, first: {first:?}", count.moved, unexpected.len());
        println!("{c}: {} moved, {} bound", count.moved, count.bound.len());
    }
}

#[test]
fn objects_travel_with_an_environment_apart() {
    travel(Environment::Apart);
}

#[test]
fn objects_travel_with_an_environment_inside() {
    travel(Environment::Inside);
}

#[test]
fn objects_travel_with_an_environment_beside() {
    travel(Environment::Beside);
}
