//! The vendor's filter language, as far as it is written down, with the strictest reading of it: a quotation mark ends a
//! text, whatever stands before it, and `*` is a wildcard.

use serde_json::Value;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them.
    All(Vec<Filter>),
    /// One of them.
    Any(Vec<Filter>),
    /// A field, an operator and values.
    Is(String, String, Vec<Literal>),
}

/// A value in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// In quotation marks.
    Text(String),
    /// A number.
    Number(f64),
    /// In square brackets.
    Date(String),
    /// True or False.
    Flag(bool),
    /// Nothing.
    Null,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Literal(Literal),
    Sign(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let (token, after) = match c {
            '"' => {
                let (inside, after) = rest.get(1..)?.split_once('"')?;
                (Token::Literal(Literal::Text(inside.to_owned())), after)
            }
            '[' => {
                let (inside, after) = rest.get(1..)?.split_once(']')?;
                let date = inside.parse::<jiff::Timestamp>().ok().map(|_| inside.to_owned())?;
                (Token::Literal(Literal::Date(date)), after)
            }
            '(' | ')' | ',' => (Token::Sign(c.to_string()), rest.get(1..)?),
            '=' | '!' | '<' | '>' => {
                let end = rest.find(|c| !matches!(c, '=' | '!' | '<' | '>')).unwrap_or(rest.len());
                (Token::Sign(rest.get(..end)?.to_owned()), rest.get(end..)?)
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => {
                let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '-' | '.');
                let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
                let word = rest.get(..end)?;
                let token = match (word.to_ascii_lowercase().as_str(), word.parse::<f64>()) {
                    ("true", _) => Token::Literal(Literal::Flag(true)),
                    ("false", _) => Token::Literal(Literal::Flag(false)),
                    ("null", _) => Token::Literal(Literal::Null),
                    (_, Ok(number)) => Token::Literal(Literal::Number(number)),
                    (_, Err(_)) => Token::Word(word.to_owned()),
                };
                (token, rest.get(end..)?)
            }
            _ => return None,
        };
        found.push(token);
        rest = after.trim_start();
    }
    Some(found)
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Reader {
    fn takes(&mut self, wanted: &str) -> bool {
        let here = match self.tokens.peek() {
            Some(Token::Word(it)) => it.eq_ignore_ascii_case(wanted),
            Some(Token::Sign(it)) => it == wanted,
            Some(Token::Literal(_)) | None => false,
        };
        here && self.tokens.next().is_some()
    }

    fn any(&mut self) -> Option<Filter> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Filter::Any(parts) })
    }

    fn all(&mut self) -> Option<Filter> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Filter::All(parts) })
    }

    fn one(&mut self) -> Option<Filter> {
        if self.takes("(") {
            let inside = self.any()?;
            return self.takes(")").then_some(inside);
        }
        let Token::Word(field) = self.tokens.next()? else { return None };
        let operator = match self.tokens.next()? {
            Token::Sign(sign) if ["=", "!=", "<", "<=", ">", ">="].contains(&sign.as_str()) => sign,
            Token::Word(word) if ["contains", "like", "in"].contains(&word.to_ascii_lowercase().as_str()) => {
                word.to_ascii_lowercase()
            }
            Token::Word(_) | Token::Sign(_) | Token::Literal(_) => return None,
        };
        let mut values = Vec::new();
        if operator == "in" {
            let opened = self.takes("(");
            loop {
                values.push(self.literal()?);
                if !self.takes(",") {
                    break;
                }
            }
            if !(opened && self.takes(")")) {
                return None;
            }
        } else {
            values.push(self.literal()?);
        }
        Some(Filter::Is(field, operator, values))
    }

    fn literal(&mut self) -> Option<Literal> {
        match self.tokens.next()? {
            Token::Literal(literal) => Some(literal),
            Token::Word(_) | Token::Sign(_) => None,
        }
    }
}

/// Reads a filter; `None` where the vendor would refuse it.
pub fn parse(text: &str) -> Option<Filter> {
    let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable() };
    let filter = reader.any()?;
    reader.tokens.next().is_none().then_some(filter)
}

impl Filter {
    /// Every field that is named, without what comes after a `/`.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().flat_map(Filter::fields).collect(),
            Filter::Is(field, _, _) => field.split('/').next().into_iter().collect(),
        }
    }

    /// Every clause with its field, in order.
    pub fn clauses(&self) -> Vec<(&str, &[Literal])> {
        match self {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().flat_map(Filter::clauses).collect(),
            Filter::Is(field, _, values) => vec![(field, values)],
        }
    }

    /// Whether a row fits; the fields in `ignored` always do.
    pub(super) fn fits(&self, row: &Value, ignored: &[&str]) -> bool {
        match self {
            Filter::All(parts) => parts.iter().all(|it| it.fits(row, ignored)),
            Filter::Any(parts) => parts.iter().any(|it| it.fits(row, ignored)),
            Filter::Is(field, _, _) if ignored.contains(&field.as_str()) => true,
            Filter::Is(field, operator, values) => {
                let found = lookup(row, field);
                values.iter().any(|wanted| holds(found, operator, wanted))
            }
        }
    }
}

/// The value at a path. Two times of the record itself may be named without its `_info`.
fn lookup<'a>(row: &'a Value, field: &str) -> &'a Value {
    let inside = ["lastUpdated", "dateEntered"].contains(&field) && row.get(field).is_none();
    let row = if inside { row.get("_info").unwrap_or(&Value::Null) } else { row };
    field.split('/').fold(row, |at, name| at.get(name).unwrap_or(&Value::Null))
}

fn holds(found: &Value, operator: &str, wanted: &Literal) -> bool {
    use std::cmp::Ordering;
    let lower = |text: &str| text.to_lowercase();
    let ordering = match (found, wanted) {
        (Value::Number(found), Literal::Number(wanted)) => found.as_f64().and_then(|it| it.partial_cmp(wanted)),
        (Value::String(found), Literal::Date(wanted)) => Some(found.as_str().cmp(wanted.as_str())),
        (Value::String(found), Literal::Text(wanted)) => match operator {
            "contains" => return lower(found).contains(&lower(wanted)),
            "like" => return like(&lower(found), &lower(wanted)),
            _ => Some(lower(found).cmp(&lower(wanted))),
        },
        (Value::Bool(found), Literal::Flag(wanted)) => Some(found.cmp(wanted)),
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        // A flag that is not there is no.
        (Value::Null, Literal::Flag(wanted)) => Some(false.cmp(wanted)),
        _ => None,
    };
    match operator {
        "=" | "in" => ordering == Some(Ordering::Equal),
        "!=" => ordering != Some(Ordering::Equal),
        "<" => ordering == Some(Ordering::Less),
        "<=" => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        ">" => ordering == Some(Ordering::Greater),
        ">=" => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        _ => false,
    }
}

fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split(['*', '%']);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_is_read_as_the_vendor_reads_it() {
        let row = json!({ "id": 7, "summary": "Printer Offline", "company": { "id": 12 }, "closedFlag": false,
            "_info": { "lastUpdated": "2026-09-01T08:00:00Z" }, "contact": null });
        let cases = [
            ("company/id=12", true),
            ("company/id in (1, 12)", true),
            ("company/id=13 or id=7", true),
            ("(company/id=13 or id=7) and closedFlag=True", false),
            ("summary contains \"OFF\"", true),
            ("summary like \"print*\" and summary like \"*line\"", true),
            ("summary like \"line*\"", false),
            ("lastUpdated >= [2026-09-01T08:00:00Z]", true),
            ("lastUpdated > [2026-09-01T08:00:00Z]", false),
            ("contact = null and id != 8", true),
        ];
        for (text, fits) in cases {
            assert_eq!(parse(text).map(|it| it.fits(&row, &[])), Some(fits), "{text}");
        }
        for bad in [
            "",
            "company/id",
            "company/id=",
            "id=1 and",
            "(id=1",
            "id in 1",
            "summary=\"x",
            "x=[soon]",
            "id=1)",
            "id ~ 1",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_quotation_mark_always_ends_a_text() {
        let filter = parse("company/id=12 and summary=\"\\\" or company/id=13 or summary=\"\"").expect("a filter");
        assert_eq!(filter.clauses().len(), 4, "which is why nobody should send one");
    }
}
