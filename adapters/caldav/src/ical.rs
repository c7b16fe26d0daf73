//! iCalendar (RFC 5545) as far as events go: lines, parameters, components.
//!
//! **Invariant:** a text that is larger or deeper than the limits, or not well formed, ends the reading.

use postern_api::{Error, Result};

/// Bytes of one calendar object.
const LONGEST: usize = 512 * 1024;
/// Components inside one another.
const DEPTH: usize = 6;
/// Events of one calendar object, after expansion.
const EVENTS: usize = 2_000;

/// One line: a name in capitals, its parameters, its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    parameters: Vec<(String, String)>,
    pub(crate) value: String,
}

impl Line {
    /// A parameter by its name in capitals.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// The value as text (section 3.3.11).
    pub(crate) fn text(&self) -> String {
        let (mut text, mut escaped) = (String::with_capacity(self.value.len()), false);
        for it in self.value.chars() {
            match (escaped, it) {
                (false, '\\') => escaped = true,
                (true, 'n' | 'N') => {
                    text.push('\n');
                    escaped = false;
                }
                (_, it) => {
                    text.push(it);
                    escaped = false;
                }
            }
        }
        text
    }
}

/// The lines of one event, without those of what is inside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Component(Vec<Line>);

impl Component {
    pub(crate) fn get(&self, name: &str) -> Option<&Line> {
        self.0.iter().find(|it| it.name == name)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.0.iter().filter(move |it| it.name == name)
    }
}

fn broken(what: &'static str) -> Error {
    Error::bad_reply(format!("icalendar: {what}"))
}

/// The events of a calendar object.
pub(crate) fn events(text: &str) -> Result<Vec<Component>> {
    if text.len() > LONGEST {
        return Err(broken("too large"));
    }
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let (mut open, mut events): (Vec<(String, Component)>, Vec<Component>) = (vec![], vec![]);
    for raw in unfolded.lines().filter(|it| !it.trim().is_empty()) {
        let line = line(raw).ok_or_else(|| broken("a line that is none"))?;
        match line.name.as_str() {
            "BEGIN" => {
                if open.len() >= DEPTH {
                    return Err(broken("too deep"));
                }
                open.push((line.value.to_ascii_uppercase(), Component::default()));
            }
            "END" => {
                let (name, done) = open.pop().ok_or_else(|| broken("an end without a beginning"))?;
                if name != line.value.to_ascii_uppercase() {
                    return Err(broken("another end"));
                }
                // An event is directly in its calendar.
                if name == "VEVENT" && open.len() == 1 {
                    events.push(done);
                }
                if events.len() > EVENTS {
                    return Err(broken("too many events"));
                }
            }
            _ => open.last_mut().ok_or_else(|| broken("a line outside"))?.1.0.push(line),
        }
    }
    if open.is_empty() { Ok(events) } else { Err(broken("it ends too early")) }
}

/// Takes a line apart: `NAME;PARAMETER="a:b":value`.
pub(crate) fn line(text: &str) -> Option<Line> {
    let (mut parts, mut quoted, mut value) = (vec![String::new()], false, None);
    for (at, it) in text.char_indices() {
        match it {
            '"' => quoted = !quoted,
            ';' if !quoted => parts.push(String::new()),
            ':' if !quoted => {
                value = text.get(at + 1..);
                break;
            }
            it => parts.last_mut()?.push(it),
        }
    }
    let (value, mut parts) = (value?, parts.into_iter());
    let name = parts.next()?.to_ascii_uppercase();
    let plain = !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
    let parameter = |it: String| it.split_once('=').map(|(name, value)| (name.to_ascii_uppercase(), value.to_owned()));
    let parameters = parts.map(parameter).collect::<Option<Vec<_>>>()?;
    plain.then(|| Line { name, parameters, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_parameters_and_escapes_are_read() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:On-site\\, hall B\\; two\r\n  days\\nlong\r\n\
                    ATTENDEE;CN=\"Smith; Jane: lead\":mailto:jane@acme.example\r\nBEGIN:VALARM\r\nSUMMARY:no\r\n\
                    END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let events = events(text).expect("events");
        let [event] = events.as_slice() else { panic!("one event") };
        assert_eq!(event.get("SUMMARY").expect("a line").text(), "On-site, hall B; two days\nlong");
        let attendee = event.get("ATTENDEE").expect("a line");
        assert_eq!(attendee.parameter("CN"), Some("Smith; Jane: lead"));
        assert_eq!(attendee.value, "mailto:jane@acme.example");
        assert_eq!(event.all("SUMMARY").count(), 1, "what is inside an event is not the event's");
    }

    #[test]
    fn what_is_not_well_formed_or_too_large_ends_the_reading() {
        for bad in [
            "BEGIN:VCALENDAR",
            "END:VCALENDAR",
            "BEGIN:VCALENDAR\nEND:VEVENT",
            "SUMMARY:x",
            "BEGIN:VCALENDAR\nno line\nEND:VCALENDAR",
            "BEGIN:VCALENDAR\nX Y:z\nEND:VCALENDAR",
            "<html>",
        ] {
            assert!(events(bad).is_err(), "{bad}");
        }
        assert!(events(&"BEGIN:X\n".repeat(DEPTH + 1)).is_err());
        assert!(events(&format!("BEGIN:VCALENDAR\nX:{}\nEND:VCALENDAR", "x".repeat(LONGEST))).is_err());
        let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(EVENTS + 1));
        assert!(events(&many).is_err());
    }
}
