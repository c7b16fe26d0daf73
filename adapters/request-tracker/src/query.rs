//! Builds Request Tracker's query language, TicketSQL.
//!
//! **Invariant:** no text leaves its literal. Field names are ours or checked by the configuration; every value is a
//! number or goes through [`literal`]. There is no way to add raw text from outside this module.

use jiff::Timestamp;
use postern_api::ExternalId;

/// A condition. Compound ones are always in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause(String);

impl Clause {
    /// The finished query.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// A text between quotes. Control characters become spaces, the quote and the escape are escaped.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        if c == '\'' || c == '\\' {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out.push('\'');
    out
}

/// A field equals a number.
pub(crate) fn number(field: &'static str, op: &'static str, value: i64) -> Clause {
    Clause(format!("{field} {op} {value}"))
}

/// A field equals a text.
pub(crate) fn equals(field: &'static str, value: &str) -> Clause {
    Clause(format!("{field} = {}", literal(value)))
}

/// A field differs from a text.
pub(crate) fn differs(field: &'static str, value: &str) -> Clause {
    Clause(format!("{field} != {}", literal(value)))
}

/// A custom field equals a text; the configuration has checked the name.
pub(crate) fn custom_equals(field: &str, value: &str) -> Clause {
    Clause(format!("{} = {}", literal(&format!("CF.{{{field}}}")), literal(value)))
}

/// A field contains a text. Request Tracker replaces a value that begins and ends with two underscores by something of
/// its own (`__CurrentUser__`), so such a text gets a wildcard in front, which changes nothing else.
pub(crate) fn contains(field: &'static str, text: &str) -> Clause {
    let guard = if text.starts_with("__") { "%" } else { "" };
    Clause(format!("{field} LIKE {}", literal(&format!("{guard}{text}"))))
}

/// A field is at or after a time. Request Tracker keeps whole seconds, reads a time without a zone in its own zone, and
/// drops the hours of RFC 3339's `T`: so this form and no other.
pub(crate) fn since(field: &'static str, time: Timestamp) -> Clause {
    let whole = if time.subsec_nanosecond() > 0 { time.as_second() + 1 } else { time.as_second() };
    let whole = Timestamp::from_second(whole.max(0)).unwrap_or(Timestamp::UNIX_EPOCH);
    Clause(format!("{field} >= {}", literal(&whole.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())))
}

/// Each of these; `None` for none at all.
pub(crate) fn all(clauses: impl IntoIterator<Item = Clause>) -> Option<Clause> {
    join(clauses, " AND ")
}

/// One of these; `None` for none at all.
pub(crate) fn any(clauses: impl IntoIterator<Item = Clause>) -> Option<Clause> {
    join(clauses, " OR ")
}

fn join(clauses: impl IntoIterator<Item = Clause>, word: &str) -> Option<Clause> {
    let parts: Vec<String> = clauses.into_iter().map(|it| it.0).collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some(Clause(one.clone())),
        some => Some(Clause(format!("({})", some.join(word)))),
    }
}

/// Request Tracker's own number in an id of ours; anything else names nothing there.
pub(crate) fn row_number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|it| digits && *it > 0)
}

/// The queues of some organisations; `None` where not one of them can be a queue.
pub(crate) fn queues(field: &'static str, organisations: &[ExternalId]) -> Option<Clause> {
    any(organisations.iter().filter_map(|it| row_number(it.as_str())).map(|it| number(field, "=", it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a query when its literals are taken out, by the rule of Request Tracker's own parser: a quote
    /// opens, a backslash takes the next character along, the same quote closes.
    fn outside_literals(query: &str) -> String {
        let (mut out, mut inside, mut escaped) = (String::new(), false, false);
        for c in query.chars() {
            match (inside, escaped, c) {
                (true, true, _) => escaped = false,
                (true, false, '\\') => escaped = true,
                (true, false, '\'') => inside = false,
                (true, false, _) => {}
                (false, _, '\'') => {
                    inside = true;
                    out.push('?');
                }
                (false, _, _) => out.push(c),
            }
        }
        assert!(!inside, "{query}");
        out
    }

    #[test]
    fn b16_no_text_leaves_its_literal() {
        for hostile in [
            "' OR id > 0 OR Subject = '",
            "\\' OR id > 0 --",
            "\\\\' OR Queue = 4 OR Subject LIKE \\'",
            "\\",
            "'",
            "\\\\\\'",
            "a\r\n' OR Queue = 4",
            "\u{0}' OR Queue != 3",
            "\" OR Queue = 4 OR Subject = \"",
            "x') OR (Queue = 4",
            "CF.{Visibility}",
            "__CurrentUser__",
        ] {
            let clause =
                all([equals("Subject", hostile), contains("Content", hostile), custom_equals("My Field", hostile)]);
            let text = clause.expect("three clauses").text().to_owned();
            assert_eq!(outside_literals(&text), "(Subject = ? AND Content LIKE ? AND ? = ?)", "{hostile}");
            assert!(!text.chars().any(char::is_control), "{hostile}");
        }
    }

    #[test]
    fn a_word_that_request_tracker_would_replace_is_searched_as_it_is() {
        assert_eq!(contains("Subject", "__CurrentUser__").text(), "Subject LIKE '%__CurrentUser__'");
        assert_eq!(contains("Subject", "it's").text(), r"Subject LIKE 'it\'s'");
    }

    #[test]
    fn an_id_that_is_no_number_names_no_row() {
        for bad in ["", "0", "-1", "1 OR 1", "1.json", "+1", "１", "9999999999999999"] {
            assert_eq!(row_number(bad), None, "{bad}");
        }
        assert_eq!(row_number("42"), Some(42));
    }

    #[test]
    fn a_time_is_written_with_its_zone_and_rounded_to_the_next_second() {
        let clause = |text: &str| since("Created", text.parse().expect("a time")).text().to_owned();
        assert_eq!(clause("2026-11-21T09:36:43Z"), "Created >= '2026-11-21 09:36:43 UTC'");
        assert_eq!(clause("2026-11-21T10:36:43.5+01:00"), "Created >= '2026-11-21 09:36:44 UTC'");
        assert_eq!(clause("1969-01-01T00:00:00Z"), "Created >= '1970-01-01 00:00:00 UTC'");
    }

    #[test]
    fn compound_clauses_keep_to_themselves() {
        let either = any([number("Queue", "=", 3), number("Queue", "=", 4)]).expect("two clauses");
        let both = all([either, equals("Status", "open")]).expect("two clauses");
        assert_eq!(both.text(), "((Queue = 3 OR Queue = 4) AND Status = 'open')");
        assert_eq!(any([]), None);
    }
}
