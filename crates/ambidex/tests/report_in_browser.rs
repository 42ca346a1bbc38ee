//! The page of a real build in a real browser: pplpy, whose seven extensions share a C++ file, with two sets of flags.

#[path = "../../ambidex-report/tests/support/browser.rs"]
mod browser;
mod support;

use std::path::Path;

use browser::Page;
use support::{Environment, Workspace, run, sdist, skipped};

/// What pplpy needs of Python, and of the system.
const PACKAGES: [&str; 3] = ["cython==3.1.8", "cysignals==1.12.4", "gmpy2==2.3.2"];
const HEADERS: [&str; 4] = ["ppl.hh", "gmp.h", "mpfr.h", "mpc.h"];

#[test]
fn the_page_of_a_real_build() {
    for header in HEADERS {
        let folders = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"];
        if !folders.iter().any(|folder| Path::new(folder).join(header).is_file()) {
            return skipped(&format!("the page of pplpy: there is no {header}"));
        }
    }
    let Some(environment) = Environment::usual_with(&PACKAGES.map(str::to_owned)) else { return };
    let Some(project) = sdist("pplpy", "0.8.10", &environment) else { return };
    let workspace = Workspace::new(&project, &environment);
    workspace.build(&["-j2"]);
    run(&mut workspace.ambidex(&["report"])).expect(0);
    let Some(page) = Page::open(&workspace.root().join("build/.ambidex/report.html")) else { return };

    page.expect_quick_paint();
    page.wait_for_drawing("#timeline");

    // By keyboard: search, open what is found, and read its command.
    page.press(&["/"]);
    page.wait_for("document.activeElement.id === 'search'");
    page.tab.type_str("polyhedron.o").unwrap();
    page.wait_for("document.querySelectorAll('#found [role=option]').length > 0");
    page.press(&["Enter"]);
    page.wait_for("document.activeElement.id === 'timeline'");
    let name = page.text("#details h2");
    assert!(name.starts_with("build/temp.") && name.ends_with("/ppl/polyhedron.o"), "{name}");
    let command = page.text("#details pre");
    assert!(command.contains("-c ppl/polyhedron.cpp") && command.contains("/ppl/polyhedron.o"), "{command}");

    page.show("Hazards");
    let shown = page.text("#hazards");
    for part in ["/ppl/ppl_shim.o", "conflict", "ppl.polyhedron", "ppl.linear_algebra"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    for view in ["Graph", "Slowest", "Headers", "Reasons", "Builds"] {
        page.show(view);
    }
    page.wait_for_drawing("#graph");
    page.expect_silence();
}
