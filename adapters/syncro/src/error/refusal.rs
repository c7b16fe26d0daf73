//! What a refusal is about. The vendor says "I do not take this" in ten shapes of JSON; all come down to names of fields and a
//! reason, and only those that stand in our own tables are kept.

use postern_api::{Error, ErrorKind};
use serde_json::Value;

/// Bytes of a refusal that are looked at.
const MOST: usize = 16 * 1024;
/// How deep its parts may lie.
const DEEP: usize = 6;
/// Parts that repeat what was sent or what is stored; nothing in them is a reason.
const ECHOES: [&str; 3] = ["params", "record", "ticket"];

/// The vendor's words for a field, and ours.
const FIELDS: [(&str, &str); 12] = [
    ("subject", "subject"),
    ("body", "text"),
    ("customer", "organisation"),
    ("contact", "requester"),
    ("status", "status"),
    ("priority", "priority"),
    ("problem type", "category"),
    ("problem_type", "category"),
    ("user", "assignee"),
    ("due date", "due date"),
    ("due_date", "due date"),
    ("properties", "custom field"),
];
/// The vendor's words for a reason, and ours.
const REASONS: [(&str, &str); 8] = [
    ("can't be blank", "it is missing"),
    ("is blank", "it is missing"),
    ("required", "it is missing"),
    ("must exist", "there is no such record"),
    ("not found", "there is no such record"),
    ("too long", "it is too long"),
    ("is not included", "it is none of the values there are"),
    ("invalid", "it is not valid"),
];

/// Whether a 401 is about a permission of the token's group, and not about the token.
pub(super) fn is_permission(body: &[u8]) -> bool {
    let start = body.get(..MOST).unwrap_or(body);
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    text.contains("not authorized") && text.contains("permission")
}

/// The error of a refusal, with the fields that it names.
pub(super) fn error(body: &[u8]) -> Error {
    let about = about(body);
    if about.is_empty() {
        return Error::new(ErrorKind::InvalidArgument, "the connected system refused a value");
    }
    Error::new(ErrorKind::InvalidArgument, format!("the connected system refused a value ({})", about.join("; ")))
}

/// `field: reason`, in our words.
fn about(body: &[u8]) -> Vec<String> {
    let Some(Value::Object(whole)) = (body.len() <= MOST).then(|| serde_json::from_slice(body).ok()).flatten() else {
        return vec![];
    };
    let mut said = Vec::new();
    gather(&Value::Object(whole), "", 0, &mut said);
    let mut about: Vec<String> = said.iter().filter_map(|it| in_our_words(it)).collect();
    about.sort();
    about.dedup();
    about
}

/// Every text with the name that it stands under in front of it: `{"subject":["can't be blank"]}` is "subject can't be blank".
fn gather(value: &Value, name: &str, depth: usize, said: &mut Vec<String>) {
    if depth > DEEP || said.len() > 32 {
        return;
    }
    match value {
        Value::String(text) => said.push(format!("{name} {text}").to_lowercase()),
        Value::Array(parts) => parts.iter().for_each(|it| gather(it, name, depth + 1, said)),
        Value::Object(parts) => {
            for (name, part) in parts.iter().filter(|(name, part)| !ECHOES.contains(&name.as_str()) || part.is_string())
            {
                gather(part, name, depth + 1, said);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn in_our_words(said: &str) -> Option<String> {
    let reason = REASONS.iter().find(|(theirs, _)| said.contains(theirs)).map(|(_, ours)| *ours);
    let (at, field) = FIELDS.iter().filter_map(|(theirs, ours)| Some((said.find(theirs)?, *ours))).min()?;
    // A field's name is where a sentence begins, not somewhere in a value that is quoted.
    (at < 24).then(|| format!("{field}: {}", reason.unwrap_or("it was not taken")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_a_422_is_understood_alike() {
        let shapes = [
            r#"{"error":"Subject can't be blank"}"#,
            r#"{"error":["Subject can't be blank","Subject can't be blank"]}"#,
            r#"{"errors":"Subject can't be blank","params":{"password":"CANARY"}}"#,
            r#"{"errors":["Subject can't be blank"]}"#,
            r#"{"errors":{"ticket":"no","fields":{"subject":["can't be blank"]}}}"#,
            r#"{"success":false,"message":["Subject can't be blank"]}"#,
            r#"{"success":false,"message":"Subject can't be blank"}"#,
            r#"{"message":["Subject can't be blank"]}"#,
            r#"{"subject":["can't be blank"]}"#,
            r#"{"record":{"id":null,"status":"is invalid CANARY"},"errors":"Subject can't be blank"}"#,
        ];
        for shape in shapes {
            let error = error(shape.as_bytes());
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{shape}");
            assert_eq!(error.message(), "the connected system refused a value (subject: it is missing)", "{shape}");
        }
        let both = error(br#"{"success":false,"message":["Body can't be blank","Subject can't be blank"]}"#);
        assert_eq!(
            both.message(),
            "the connected system refused a value (subject: it is missing; text: it is missing)"
        );
        let customer = error(br#"{"error":"Customer required field"}"#);
        assert_eq!(customer.message(), "the connected system refused a value (organisation: it is missing)");
    }

    #[test]
    fn what_is_in_no_table_is_not_repeated() {
        let deep = format!("{}\"subject can't be blank\"{}", "[".repeat(60), "]".repeat(60));
        let long = format!(r#"{{"error":"subject can't be blank {}"}}"#, "x".repeat(MOST));
        for body in [
            "",
            "null",
            "[]",
            "{",
            "CANARY",
            r#"{"error":"no implicit conversion of nil into String"}"#,
            r#"{"error":"CANARY CANARY CANARY CANARY subject"}"#,
            r#"{"error":7}"#,
            &format!(r#"{{"errors":{deep}}}"#),
            &long,
        ] {
            assert_eq!(error(body.as_bytes()).message(), "the connected system refused a value", "{body}");
        }
    }

    #[test]
    fn only_the_vendors_own_words_make_a_401_a_missing_permission() {
        let theirs = br#"{"error":"Not authorized. Please ask account admin to update your group permissions."}"#;
        assert!(is_permission(theirs));
        assert!(!is_permission(br#"{"error":"Not authorized"}"#) && !is_permission(b""));
    }
}
