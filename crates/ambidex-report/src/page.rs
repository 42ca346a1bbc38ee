//! The page: its parts in one file, with the build as JSON in it.

use crate::build::Build;
use crate::packed::Packed;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
const LIBRARY: &str = include_str!("../vendor/d3.min.js");

/// The page's own script, in the order in which its parts need each other.
const SCRIPT: [&str; 8] = [
    include_str!("page/model.js"),
    include_str!("page/dom.js"),
    include_str!("page/details.js"),
    include_str!("page/timeline.js"),
    include_str!("page/graph.js"),
    include_str!("page/tables.js"),
    include_str!("page/search.js"),
    include_str!("page/main.js"),
];

/// Returns a build as an HTML page that needs nothing else.
pub fn html(build: &Build) -> String {
    let data = serde_json::to_string(&Packed::of(build)).expect("a build is plain data");
    let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPT.concat());
    let title = build.directory.rsplit('/').find(|name| !name.is_empty()).unwrap_or("build");
    let parts = [
        ("{{title}}", escaped(title)),
        ("{{style}}", STYLE.to_owned()),
        ("{{data}}", within_script(&data)),
        ("{{library}}", LIBRARY.to_owned()),
        ("{{script}}", script),
    ];
    let mut rest = PAGE;
    let mut page =
        String::with_capacity(PAGE.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    // One after the other, so that nothing that looks like a mark in what was put in is taken for one.
    for (mark, text) in &parts {
        let (before, after) = rest.split_once(mark).expect("the page has each mark, in this order");
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page + rest
}

/// Returns JSON in a form that can't end the script element that it is in, whatever its strings hold (HTML, "Restrictions
/// for contents of script elements"). `<` has no place in JSON but in strings.
fn within_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Returns a text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Command;

    #[test]
    fn no_name_ends_the_data() {
        let hostile =
            ["</script><script>alert(1)</script>", "<!--", "\"'`${x}", "{{script}}", "\u{2028}\u{fffd}\0"];
        let command = |name: &&str| Command { outputs: vec![(*name).to_owned()], ..Command::default() };
        let build = Build {
            directory: "/tmp/<b>&\"{{data}}".to_owned(),
            commands: hostile.iter().map(command).collect(),
            ..Build::default()
        };
        let page = html(&build);
        let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let texts = data["texts"].as_array().unwrap();
        for name in hostile {
            assert!(texts.iter().any(|text| text == name), "{name}");
        }
        assert!(page.contains("<title>&lt;b&gt;&amp;&quot;{{data}}"), "the title is escaped");
        assert_eq!(page.matches("</script>").count(), 3, "data, library and script");
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = html(&Build::default());
        for mark in ["src=", "http:", "https:", "@import", "url(", "fetch("] {
            let own = PAGE.matches(mark).count()
                + STYLE.matches(mark).count()
                + SCRIPT.iter().map(|part| part.matches(mark).count()).sum::<usize>();
            assert_eq!(own, 0, "{mark}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}
