//! The vendor's filter language, `conditions`, in the few sentences that Postern says.
//!
//! **Invariant:** names of fields are our own constants, and the only text that gets in is a [`Literal`], which holds no
//! character that ends, escapes or widens a literal. The vendor documents no escape that was seen to work everywhere, so
//! a text with such a character is not escaped but cut: the filter asks for less and the rows are compared here.

use jiff::Timestamp;

/// Clauses, all of which have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions(String);

impl Conditions {
    /// No condition.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn and(mut self, clause: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push_str(" and ");
        }
        self.0.push_str(clause);
        self
    }

    /// A number is this one.
    pub(crate) fn is(self, field: &'static str, number: i64) -> Self {
        self.and(&format!("{field}={number}"))
    }

    /// A number is one of these. Of none of them: nothing fits.
    pub(crate) fn one_of(self, field: &'static str, numbers: impl IntoIterator<Item = i64>) -> Self {
        let list: Vec<String> = numbers.into_iter().map(|it| it.to_string()).collect();
        if list.is_empty() { self.is(field, 0) } else { self.and(&format!("{field} in ({})", list.join(","))) }
    }

    /// A yes or no is this.
    pub(crate) fn flag(self, field: &'static str, yes: bool) -> Self {
        self.and(&format!("{field}={}", if yes { "True" } else { "False" }))
    }

    /// A text is this one, as the vendor compares them: in any case.
    pub(crate) fn text(self, field: &'static str, text: &Literal) -> Self {
        self.and(&format!("{field}=\"{}\"", text.0))
    }

    /// One of these texts has this in it.
    pub(crate) fn contains(self, fields: &[&'static str], text: &Literal) -> Self {
        let any: Vec<String> = fields.iter().map(|it| format!("{it} contains \"{}\"", text.0)).collect();
        if any.len() == 1 { self.and(&any.concat()) } else { self.and(&format!("({})", any.join(" or "))) }
    }

    /// A time is not before this one.
    pub(crate) fn since(self, field: &'static str, at: Timestamp) -> Self {
        self.and(&format!("{field} >= [{}]", at.strftime("%Y-%m-%dT%H:%M:%SZ")))
    }

    /// One of two holds.
    pub(crate) fn either(self, one: Conditions, other: Conditions) -> Self {
        self.and(&format!("({} or {})", one.0, other.0))
    }

    /// As the vendor reads it.
    pub(crate) fn text_of(self) -> String {
        self.0
    }
}

/// Text that stays inside a literal: letters, digits, blanks and `. _ - : @ +`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal(String);

/// The longest literal, in characters: far below the length that the vendor takes for all conditions together.
const LONGEST: usize = 250;

impl Literal {
    /// The whole text, if it can stay as it is.
    pub(crate) fn exact(text: &str) -> Option<Self> {
        let fits = !text.trim().is_empty() && text.chars().count() <= LONGEST && text.chars().all(safe);
        fits.then(|| Self(text.to_owned()))
    }

    /// The longest part of the text that can stay as it is: whoever holds the text holds this part.
    pub(crate) fn longest(text: &str) -> Option<Self> {
        let parts = text.split(|c| !safe(c)).map(str::trim).filter(|it| !it.is_empty());
        let longest = parts.max_by_key(|it| it.chars().count())?;
        Some(Self(longest.chars().take(LONGEST).collect()))
    }

    /// Characters in it.
    pub(crate) fn len(&self) -> usize {
        self.0.chars().count()
    }
}

fn safe(c: char) -> bool {
    // Letters that stand for quotation marks in older code pages are letters, but not safe ones.
    let letter = c.is_alphanumeric() && !('\u{2b0}'..='\u{2ff}').contains(&c);
    letter || matches!(c, ' ' | '.' | '_' | '-' | ':' | '@' | '+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clauses_read_as_the_vendor_writes_them() {
        let since: Timestamp = "2026-09-01T08:00:00.5Z".parse().expect("a time");
        let word = Literal::exact("gw:abc").expect("safe");
        let either = (Conditions::new().flag("closedFlag", true), Conditions::new().one_of("status/id", [4]));
        let all = Conditions::new()
            .one_of("company/id", [12, 13])
            .is("contact/id", 7)
            .text("externalXRef", &word)
            .contains(&["summary"], &word)
            .contains(&["title", "issue"], &word)
            .either(either.0, either.1)
            .since("dateEntered", since);
        assert_eq!(
            all.text_of(),
            "company/id in (12,13) and contact/id=7 and externalXRef=\"gw:abc\" and summary contains \"gw:abc\" and \
             (title contains \"gw:abc\" or issue contains \"gw:abc\") and (closedFlag=True or status/id in (4)) and \
             dateEntered >= [2026-09-01T08:00:00Z]"
        );
        assert_eq!(Conditions::new().one_of("company/id", []).text_of(), "company/id=0", "none of none is nothing");
    }

    #[test]
    fn b16_the_text_that_would_leave_its_literal_is_cut_and_not_escaped() {
        let cases = [
            ("\" or companyId=2", Some(" or companyId")),
            ("x\\\" or 1=1", Some(" or 1")),
            ("printer*", Some("printer")),
            ("100%", Some("100")),
            ("[brackets]", Some("brackets")),
            ("line\r\nend", Some("line")),
            ("ʺ or ʺ", Some("or")),
            ("\"\"\\", None),
            ("", None),
        ];
        for (text, part) in cases {
            let expected = part.map(|it| Literal(it.trim().to_owned()));
            assert_eq!(Literal::longest(text), expected, "{text}");
            assert_eq!(Literal::exact(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn b16_no_text_at_all_leaves_its_literal(text in "(?s).{0,300}") {
            let Some(literal) = Literal::longest(&text) else { return Ok(()) };
            let all = Conditions::new().is("company/id", 12).contains(&["summary"], &literal).text_of();
            let inside = all.strip_prefix("company/id=12 and summary contains \"").and_then(|it| it.strip_suffix('"'));
            let inside = inside.ok_or_else(|| TestCaseError::fail(all.clone()))?;
            prop_assert!(!inside.contains(['"', '\'', '\\', '*', '%', '[', ']', '(', ')', '=', '<', '>']));
            prop_assert!(!inside.chars().any(char::is_control));
            prop_assert!(text.contains(inside));
        }

        #[test]
        fn b16_an_exact_literal_is_the_text_itself_or_none(text in "[ -~]{0,40}") {
            if let Some(Literal(held)) = Literal::exact(&text) {
                prop_assert_eq!(held, text);
            }
        }
    }
}
