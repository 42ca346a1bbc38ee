//! Hazards in the Static Analysis Results Interchange Format (SARIF 2.1.0), as code scanners exchange it.

use std::fmt::Write as _;
use std::path::Path;

use ambidex_engine::HazardPath;
use serde_json::{Value, json};

use super::message;
use super::places::{Place, Places};
use crate::hazards::shown;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A rule. Its name never changes, because users refer to it.
struct Rule {
    id: &'static str,
    level: &'static str,
    short: &'static str,
    full: &'static str,
}

const CONFLICT: Rule = Rule {
    id: "shared-output-conflict",
    level: "error",
    short: "Extensions write one path by different commands",
    full: "Under `setup.py build -j`, setuptools keeps no order between extensions, so a link may read the object that \
           another extension has compiled: the module gets the wrong code, and no command fails.",
};
const DUPLICATE: Rule = Rule {
    id: "shared-output-duplicate",
    level: "warning",
    short: "Extensions write one path by the same command",
    full: "Under `setup.py build -j`, setuptools keeps no order between extensions, so a link may read an object while \
           another extension writes it again: the link fails, or the module lacks code.",
};

/// The end of every rule's help.
const HELP: &str = "Build with ambidex, which keeps the objects apart, or give each extension a copy of the source with \
                    another name. `ambidex races` shows what happens otherwise.";

/// Returns the log of one run.
pub(crate) fn text(hazards: &[HazardPath], places: &Places) -> String {
    let rules = [CONFLICT, DUPLICATE].map(|rule| {
        json!({
            "id": rule.id,
            "shortDescription": { "text": rule.short },
            "fullDescription": { "text": rule.full },
            "help": { "text": HELP },
            "defaultConfiguration": { "level": rule.level },
        })
    });
    let results: Vec<Value> = hazards.iter().map(|hazard| result(hazard, places)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "ambidex", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).expect("a log is plain data") + "\n"
}

fn result(hazard: &HazardPath, places: &Places) -> Value {
    let (number, rule) = if hazard.duplicate { (1, DUPLICATE) } else { (0, CONFLICT) };
    let mut declared: Vec<Place> = Vec::new();
    for writer in &hazard.writers {
        let place = places.extension(&writer.extension);
        if !declared.contains(&place) {
            declared.push(place);
        }
    }
    // The source is what readers look for; the other extensions are further places of the same result.
    let (first, others) = declared.split_first().expect("a hazard has writers");
    let related = places.sources(hazard);
    let related: Vec<Value> = (1_u32..)
        .zip(others.iter().chain(&related))
        .map(|(id, place)| {
            let mut location = location(place);
            location["id"] = id.into();
            location
        })
        .collect();
    json!({
        "ruleId": rule.id,
        "ruleIndex": number,
        "level": rule.level,
        "message": { "text": message(hazard) },
        "locations": [location(first)],
        "relatedLocations": related,
        "partialFingerprints": { "ambidexHazard/v1": fingerprint(hazard, &rule) },
    })
}

fn location(place: &Place) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&place.file), "uriBaseId": "%SRCROOT%" } });
    if let Some(line) = place.line {
        physical["region"] = json!({ "startLine": line });
    }
    json!({ "physicalLocation": physical })
}

/// Returns what makes two results one: the rule, the extensions, and the path without the part that names the platform.
fn fingerprint(hazard: &HazardPath, rule: &Rule) -> String {
    let path = shown(hazard);
    let names_platform = |name: &str| name.starts_with("temp.") || name.starts_with("lib.");
    let parts: Vec<_> =
        path.iter().map(|part| part.to_string_lossy()).filter(|part| !names_platform(part)).collect();
    let path = parts.join("/");
    let mut hasher = blake3::Hasher::new();
    hasher.update(rule.id.as_bytes()).update(&[0]).update(path.as_bytes());
    for writer in &hazard.writers {
        hasher.update(&[0]).update(writer.extension.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Returns a relative path as a URI reference (RFC 3986).
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte.into());
        } else {
            write!(uri, "%{byte:02X}").expect("a string takes all");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use ambidex_engine::Writer;

    fn hazard(path: &str, extensions: &[&str]) -> HazardPath {
        let writer = |name: &&str| Writer { extension: (*name).to_owned(), command: Vec::new() };
        HazardPath {
            path: Path::new("/p").join(path),
            root: "/p".into(),
            duplicate: false,
            ordered: false,
            writers: extensions.iter().map(writer).collect(),
        }
    }

    #[test]
    fn a_result_is_the_same_on_every_platform() {
        let of = |path: &str, extensions: &[&str]| fingerprint(&hazard(path, extensions), &CONFLICT);
        let here = of("build/temp.linux-x86_64-cpython-311/src/a.o", &["x", "y"]);
        assert_eq!(here, of("build/temp.linux-aarch64-3.6/src/a.o", &["x", "y"]));
        assert_ne!(here, of("build/temp.linux-x86_64-cpython-311/src/b.o", &["x", "y"]));
        assert_ne!(here, of("build/temp.linux-x86_64-cpython-311/src/a.o", &["x", "z"]));
        assert_ne!(here, fingerprint(&hazard("build/temp.x/src/a.o", &["x", "y"]), &DUPLICATE));
    }

    #[test]
    fn paths_are_uris() {
        assert_eq!(uri(Path::new("a b/ü%.c")), "a%20b/%C3%BC%25.c");
    }
}
