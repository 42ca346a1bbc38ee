//! Hazards as annotations of a GitHub job ("Workflow commands for GitHub Actions").

use ambidex_engine::HazardPath;

use super::places::{Place, Places};
use super::{conclusion, message};
use crate::hazards::kind;

/// Returns a command for each extension of each hazard, and a line that ends the log.
pub(crate) fn text(hazards: &[HazardPath], places: &Places) -> String {
    let mut text = String::new();
    for hazard in hazards {
        let mut told: Vec<Place> = Vec::new();
        for writer in &hazard.writers {
            let place = places.extension(&writer.extension);
            if !told.contains(&place) {
                text += &annotation(&place, &format!("ambidex: {}", kind(hazard)), &message(hazard));
                told.push(place);
            }
        }
    }
    text + &conclusion(hazards.len())
}

fn annotation(place: &Place, title: &str, message: &str) -> String {
    let file = property(&place.file.to_string_lossy());
    let line = place.line.map_or_else(String::new, |line| format!(",line={line}"));
    format!("::warning file={file}{line},title={}::{}\n", property(title), data(message))
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, which a colon or a comma would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        let place = Place { file: "a,b:c\n/setup.py".into(), line: Some(3) };
        assert_eq!(
            annotation(&place, "ambidex: 100 %", "a: b,\r\n::error::c"),
            "::warning file=a%2Cb%3Ac%0A/setup.py,line=3,title=ambidex%3A 100 %25::a: b,%0D%0A::error::c\n"
        );
        let unknown = Place { file: "setup.py".into(), line: None };
        assert_eq!(annotation(&unknown, "t", "m"), "::warning file=setup.py,title=t::m\n");
    }
}
