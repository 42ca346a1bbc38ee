//! `ambidex report` and `--trace`: what they say of a build is what the build did.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Environment, Workspace, fixture, read_json, run, shared_source};

/// Returns the data in the page of the last build.
#[track_caller]
fn page(workspace: &Workspace) -> Value {
    let page = run(&mut workspace.ambidex(&["report", "-o", "-"])).expect(0).stdout;
    data(&page)
}

/// Returns the data in a page.
#[track_caller]
fn data(page: &str) -> Value {
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("it has data");
    let (data, _) = data.split_once("</script>").expect("the data end");
    serde_json::from_str(data).expect("it is JSON")
}

/// Returns the text with a number.
#[track_caller]
fn text<'a>(data: &'a Value, number: &Value) -> &'a str {
    data["texts"][usize::try_from(number.as_u64().unwrap()).unwrap()].as_str().unwrap()
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().expect("it is a list")
}

/// Fails the test if two stretches of one row overlap, or one ends after the build.
#[track_caller]
fn expect_rows(stretches: impl Iterator<Item = (u64, u64, u64)>, wall: u64) {
    let mut rows: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    stretches.for_each(|(row, from, to)| rows.entry(row).or_default().push((from, to)));
    assert!(!rows.is_empty());
    for (row, mut stretches) in rows {
        stretches.sort_unstable();
        assert!(stretches.iter().all(|(from, to)| from <= to && *to <= wall), "{row}: {stretches:?}");
        assert!(stretches.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{row}: {stretches:?}");
    }
}

#[test]
fn the_page_says_what_the_build_did() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    workspace.build(&["-j2"]);
    let ran = run(&mut workspace.ambidex(&["report"])).expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("./build/.ambidex/report.html\n", ""));
    let written = fs::read_to_string(workspace.root().join("build/.ambidex/report.html")).unwrap();
    let data = data(&written);
    assert_eq!(data, page(&workspace), "the page is the same wherever it goes");
    assert_eq!(data["directory"], workspace.root().to_str().unwrap());

    let commands = list(&data["commands"]);
    let kinds: Vec<&str> = commands.iter().map(|command| text(&data, &command["kind"])).collect();
    assert_eq!(kinds, ["compile", "compile", "link", "compile", "compile", "link"]);
    for command in commands {
        assert_eq!(command["done"], "run");
        assert_eq!(text(&data, &command["reason"]), "no earlier run is known");
        assert!(command["duration"].as_u64().unwrap() > 0);
    }
    let writers: Vec<u64> =
        list(&commands[2]["inputs"]).iter().filter_map(|input| input[1].as_u64()).collect();
    assert_eq!(writers, [0, 1]);

    let bars = list(&data["bars"]);
    let mut numbers: Vec<u64> = bars.iter().map(|bar| bar["command"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    let now = &list(&data["past"])[0];
    let stretch = |bar: &Value| ["slot", "from", "to"].map(|name| bar[name].as_u64().unwrap()).into();
    expect_rows(bars.iter().map(stretch), now["wall"].as_u64().unwrap());
    assert!(bars.iter().all(|bar| bar["slot"].as_u64().unwrap() < 2));
    assert_eq!((&now["jobs"], &now["ran"], &now["reused"]), (&2.into(), &6.into(), &0.into()));
    let waits = list(&data["waits"]);
    assert!(
        waits.iter().any(|wait| text(&data, &wait["why"]) == "reached the end of the build"),
        "{waits:?}"
    );

    // A link ends after what it reads, so it ends each critical path.
    let chain: Vec<usize> = list(&data["critical"])
        .iter()
        .map(|number| usize::try_from(number.as_u64().unwrap()).unwrap())
        .collect();
    assert_eq!(chain.iter().map(|number| kinds[*number]).collect::<Vec<_>>(), ["compile", "link"]);
    let headers: Vec<&str> =
        list(&data["headers"]).iter().map(|header| text(&data, &header["path"])).collect();
    assert!(headers.iter().any(|path| path.ends_with("/Python.h")), "{headers:?}");
    assert!(!headers.iter().any(|path| path.ends_with(".c")), "{headers:?}");
}

#[test]
fn what_would_have_raced_is_a_hazard_with_its_writers() {
    let Some(environment) = Environment::usual() else { return };
    let shared = ["mod1", "mod2"];
    let same = ["mod0", "mod1", "mod2", "mod3", "mod4", "mod5"];
    let projects = [(shared_source(), "conflict", &shared[..]), (fixture("same-flags"), "duplicate", &same)];
    for (project, kind, expected) in projects {
        let workspace = Workspace::new(&project, &environment);
        workspace.build(&["-j2"]);
        for build in ["the first", "one in which nothing ran"] {
            let data = page(&workspace);
            let [hazard] = list(&data["hazards"]) else { panic!("{build}: {}", data["hazards"]) };
            assert!(text(&data, &hazard["path"]).ends_with("/common.o"));
            assert_eq!((&hazard["kind"], &hazard["ordered"]), (&kind.into(), &false.into()), "{build}");
            let writers = list(&hazard["writers"]).iter();
            let extensions: Vec<&str> = writers.map(|writer| text(&data, &writer[0])).collect();
            assert_eq!(extensions, expected, "{build}");
            workspace.build(&["-j2"]);
        }
    }
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    workspace.build(&["-j2"]);
    assert!(list(&page(&workspace)["hazards"]).is_empty());
}

#[test]
fn what_was_up_to_date_has_no_bar_and_builds_add_up() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&shared_source(), &environment);
    workspace.build(&["-j2"]);
    workspace.build(&["-j2"]);
    let data = page(&workspace);
    assert!(list(&data["bars"]).is_empty() && list(&data["critical"]).is_empty());
    assert!(list(&data["commands"]).iter().all(|command| command["done"] == "reused"));
    assert!(list(&data["commands"]).iter().all(|command| command["duration"].as_u64().unwrap() > 0));

    fs::write(
        workspace.root().join("mod2.c"),
        fs::read_to_string(workspace.root().join("mod2.c")).unwrap() + "int more;\n",
    )
    .unwrap();
    workspace.build(&["-j1"]);
    let data = page(&workspace);
    let done: Vec<&str> =
        list(&data["commands"]).iter().map(|command| command["done"].as_str().unwrap()).collect();
    assert_eq!(done, ["reused", "reused", "reused", "reused", "run", "run"]);
    let bars: Vec<u64> = list(&data["bars"]).iter().map(|bar| bar["command"].as_u64().unwrap()).collect();
    assert_eq!(bars, [4, 5]);
    let explained = run(&mut workspace.ambidex(&["explain", "mod2.o"])).expect(0).stdout;
    let reason = text(&data, &list(&data["commands"])[4]["reason"]);
    assert_eq!(reason, "mod2.c has changed");
    assert!(explained.contains(reason), "{explained}");
    let past: Vec<[u64; 3]> = list(&data["past"])
        .iter()
        .map(|build| ["jobs", "ran", "reused"].map(|name| build[name].as_u64().unwrap()))
        .collect();
    assert_eq!(past, [[2, 6, 0], [2, 0, 6], [1, 2, 4]]);
}

#[test]
fn what_ran_before_python_went_back_still_ran() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("broken-second"), &environment);
    run(&mut workspace.ambidex(&["build", "-j1"])).expect(1);
    let data = page(&workspace);
    let commands = list(&data["commands"]);
    let done: Vec<&str> = commands.iter().map(|command| command["done"].as_str().unwrap()).collect();
    assert_eq!(done, ["run", "run", "run"]);
    assert_eq!(commands[2]["failed"], true);
    let bars: Vec<u64> = list(&data["bars"]).iter().filter_map(|bar| bar["command"].as_u64()).collect();
    assert!([0, 1, 2].iter().all(|command| bars.contains(command)), "{bars:?}");
}

#[test]
fn no_name_leaves_the_data() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&fixture("no-hazard"), &environment);
    workspace.rename("<b>&\"'project");
    let source = "#include <Python.h>\nPyMODINIT_FUNC PyInit_odd(void) { return 0; }\n";
    let names = ["odd<!--\"'.c", "n\u{e9}.c"];
    for name in names {
        fs::create_dir_all(workspace.root().join("<script>")).unwrap();
        fs::write(
            workspace.root().join("<script>").join(name),
            if name.starts_with("odd") { source } else { "" },
        )
        .unwrap();
    }
    let setup = r#"
import os
from setuptools import setup, Extension
odd = os.fsdecode(b"raw\xff.c")
open(odd, "w").close()
sources = ["<script>/odd<!--\"'.c", "<script>/n\u00e9.c", odd]
setup(name="odd", ext_modules=[Extension("odd", sources, define_macros=[("TEXT", '"</script><img src=x>"')])])
"#;
    fs::write(workspace.root().join("setup.py"), setup).unwrap();
    // Names of files are bytes in UTF-8 only if the locale says so.
    workspace.variables.push(("LC_ALL".to_owned(), "C.UTF-8".to_owned()));
    workspace.build(&["-j2"]);
    let html = run(&mut workspace.ambidex(&["report", "-o", "-"])).expect(0).stdout;
    assert_eq!(html.matches("</script>").count(), 3, "data, library, and script");
    assert!(html.contains("<title>&lt;b&gt;&amp;&quot;'project"));
    let data = data(&html);
    let texts: Vec<&str> = list(&data["texts"]).iter().map(|text| text.as_str().unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("</script><img src=x>")), "{texts:#?}");
    for name in names {
        assert!(texts.iter().any(|text| text.ends_with(&format!("<script>/{name}"))), "{name}: {texts:#?}");
    }
    // Python itself runs a command whose arguments are not UTF-8.
    assert!(!texts.iter().any(|text| text.contains("raw")), "{texts:#?}");
}

#[test]
fn a_tree_that_was_not_built_has_no_page() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("no-hazard"), &environment);
    let ran = run(&mut workspace.ambidex(&["report"])).expect(2);
    assert!(ran.stderr.contains("ambidex has built nothing"), "{ran}");
    assert!(ran.stderr.contains("run `ambidex build` first"), "{ran}");
    workspace.build(&[]);
    let ran = run(&mut workspace.ambidex(&["report", "-o", "missing/report.html"])).expect(2);
    assert!(ran.stderr.contains("missing/report.html can't be written"), "{ran}");
}

/// Returns the events of a trace that have a length, by process.
#[track_caller]
fn events(trace: &Path) -> (Vec<Value>, Vec<Value>, u64) {
    let trace = read_json(trace);
    let events = list(&trace["traceEvents"]);
    let named = |name: &str| {
        let names =
            events.iter().find(|event| event["name"] == "process_name" && event["args"]["name"] == name);
        let process = &names.expect("the process has a name")["pid"];
        let own = events.iter().filter(|event| event["ph"] == "X" && event["pid"] == *process);
        own.cloned().collect::<Vec<Value>>()
    };
    (named("commands"), named("Python waits"), trace["otherData"]["wall_us"].as_u64().unwrap())
}

#[track_caller]
fn stretches(events: &[Value]) -> impl Iterator<Item = (u64, u64, u64)> {
    events.iter().map(|event| {
        let [row, from, length] = ["tid", "ts", "dur"].map(|name| event[name].as_u64().unwrap());
        (row, from, from + length)
    })
}

#[test]
fn a_trace_has_each_command_in_its_slot() {
    let Some(environment) = Environment::usual() else { return };
    let mut workspace = Workspace::new(&shared_source(), &environment);
    workspace.store = Some(workspace.beside("store"));
    let file = workspace.beside("trace.json");
    let trace = file.to_str().unwrap();
    workspace.build(&["-j2", "--trace", trace]);
    let (commands, waits, wall) = events(&file);
    assert_eq!(commands.len(), 6);
    expect_rows(stretches(&commands), wall);
    expect_rows(stretches(&waits), wall);
    for event in &commands {
        assert_eq!((&event["args"]["obtained"], &event["cat"]), (&"run".into(), &"run".into()));
        assert!(["mod1", "mod2"].contains(&event["args"]["extension"].as_str().unwrap()), "{event}");
        let line = event["args"]["command"].as_str().unwrap();
        let output = Path::new(event["args"]["file"].as_str().unwrap());
        assert!(output.starts_with(workspace.root()), "{event}");
        assert!(line.contains(output.file_name().unwrap().to_str().unwrap()), "{event}");
    }
    assert!(
        waits.iter().any(|wait| wait["args"]["because"] == "Python reached the end of the build"),
        "{waits:?}"
    );

    workspace.copy_again();
    run(&mut workspace.ambidex(&["run", "--trace", trace, "-j2", "--", "python3", "setup.py", "build"]))
        .expect(0);
    let (commands, ..) = events(&file);
    assert_eq!(commands.len(), 6);
    assert!(commands.iter().all(|event| event["args"]["obtained"] == "cached"), "{commands:#?}");
    workspace.build(&["--trace", trace]);
    assert!(events(&file).0.is_empty(), "nothing ran");
}

#[test]
fn a_failed_build_leaves_a_trace_too() {
    let Some(environment) = Environment::usual() else { return };
    let workspace = Workspace::new(&fixture("broken-second"), &environment);
    let file = workspace.beside("trace.json");
    let trace = file.to_str().unwrap();
    run(&mut workspace.ambidex(&["build", "-j2", "--trace", trace])).expect(1);
    let (commands, _, wall) = events(&file);
    expect_rows(stretches(&commands), wall);
    assert!(commands.iter().any(|event| event["args"]["status"] == 1), "{commands:#?}");
    for command in [&["build"][..], &["wheel"], &["run", "--", "true"]] {
        let mut ambidex = workspace.ambidex(&[command[0], "--trace", "missing/trace.json"]);
        let ran = run(ambidex.args(&command[1..])).expect(2);
        assert!(ran.stderr.contains("the trace can't be written to missing/trace.json"), "{ran}");
        assert!(ran.stderr.contains("give --trace a file"), "{ran}");
    }
}
