//! The page in a real browser: it is quick with 5,000 commands, and everything can be reached by keyboard.

mod support;

use support::{EACH, build, open};

/// How many commands the large build has.
const COMMANDS: usize = 5000;

#[test]
fn a_large_build_is_on_the_screen_within_a_second() {
    let Some(page) = open(&build(COMMANDS)) else { return };
    page.expect_quick_paint();
    page.wait_for_drawing("#timeline");
    let each = ["Graph", "Hazards", "Slowest", "Headers", "Reasons", "Builds", "Timeline"];
    for name in each {
        let time = page.value(&format!(
            "(() => {{
                const began = performance.now();
                [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.startsWith('{name}')).click();
                document.body.getBoundingClientRect();
                return performance.now() - began;
            }})()"
        ));
        assert!(time.as_f64().unwrap() < 1000.0, "{name} is shown after {time} ms");
    }
    let rows = "document.querySelectorAll('#slowest [role=row]').length";
    page.show("Slowest");
    page.wait_for(&format!("{rows} > 5"));
    assert!(page.value(rows).as_u64().unwrap() < 100, "only rows in sight are elements");
    page.expect_silence();
}

#[test]
fn a_command_is_found_and_left_by_keyboard() {
    let Some(page) = open(&build(COMMANDS)) else { return };
    let focus = |id: &str| page.wait_for(&format!("document.activeElement.id === '{id}'"));
    let name = || page.text("#details h2");
    page.press(&["/"]);
    focus("search");
    page.tab.type_str("file_42_17").unwrap();
    page.wait_for("document.querySelectorAll('#found [role=option]').length === 2");
    // The first is named so, the second reads it.
    page.press(&["Enter"]);
    focus("timeline");
    assert_eq!(name(), "build/temp/src/ext_42/file_42_17.o");
    let command = page.text("#details pre");
    assert!(command.starts_with("gcc -Wall -O2") && command.contains("-DEXT=42 -c"), "{command}");
    assert!(page.text("#live").contains("file_42_17.o, compile, run"), "what is selected is announced");
    // To the next command of its slot and back, to the details and back, and to nothing.
    page.press(&["ArrowRight"]);
    assert_eq!(name(), "build/temp/src/ext_42/file_42_25.o");
    page.press(&["ArrowLeft"]);
    assert_eq!(name(), "build/temp/src/ext_42/file_42_17.o");
    page.press(&["ArrowDown"]);
    assert_eq!(name(), "build/temp/src/ext_42/file_42_18.o");
    page.press(&["Enter"]);
    focus("details");
    page.press(&["Escape"]);
    focus("timeline");
    page.press(&["Escape"]);
    page.wait_for("!document.querySelector('#details h2')");
    page.expect_silence();
}

#[test]
fn the_graph_goes_from_what_is_read_to_what_reads_it() {
    let Some(page) = open(&build(20 * EACH)) else { return };
    page.show("Graph");
    page.wait_for_drawing("#graph");
    page.press(&["/"]);
    page.tab.type_str("ext_7.so").unwrap();
    page.press(&["Enter"]);
    page.wait_for("document.activeElement.id === 'graph'");
    assert_eq!(page.text("#details h2"), "build/lib/ext_7.so");
    page.press(&["ArrowLeft"]);
    let object = page.text("#details h2");
    assert!(object.starts_with("build/temp/src/"), "{object}");
    page.press(&["ArrowRight"]);
    assert_eq!(page.text("#details h2"), "build/lib/ext_7.so");
    page.expect_silence();
}

#[test]
fn a_shared_file_is_a_hazard_with_what_differs() {
    let Some(page) = open(&build(2 * EACH)) else { return };
    page.show("Hazards");
    let shown = page.text("#hazards");
    for part in ["build/temp/src/common.o", "conflict", "renamed", "ext_0", "-DEXT=0", "ext_1", "-DEXT=1"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("-Wall"), "only what differs is shown: {shown}");
    page.value("document.querySelectorAll('#hazards tbody button')[1].click()");
    assert!(page.text("#details pre").contains("-DEXT=1"));
    page.expect_silence();
}

#[test]
fn colours_can_be_switched() {
    let Some(page) = open(&build(EACH)) else { return };
    let ground = "getComputedStyle(document.body).backgroundColor";
    let first = page.value(ground);
    page.value("document.getElementById('theme').click()");
    assert_ne!(page.value(ground), first);
    page.value("document.getElementById('theme').click()");
    assert_eq!(page.value(ground), first);
    page.expect_silence();
}

#[test]
fn names_stay_text() {
    let mut build = build(EACH);
    let hostile = "/home/me/project/</script><img src=x onerror=alert(1)>\"'\u{fffd}.o";
    build.commands[3].outputs[0] = hostile.to_owned();
    build.commands[3].arguments[0] = hostile.to_owned();
    let Some(page) = open(&build) else { return };
    page.press(&["/"]);
    page.tab.type_str("onerror").unwrap();
    page.press(&["Enter"]);
    assert_eq!(page.text("#details h2"), hostile.trim_start_matches("/home/me/project/"));
    for view in ["Graph", "Slowest", "Reasons"] {
        page.show(view);
    }
    assert_eq!(page.value("document.images.length"), 0);
    page.expect_silence();
}
