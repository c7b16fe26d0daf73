//! Machine words in plain English, and strangers' words made safe to look at.

use crate::govern::action::ActionRequest;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The most letters of a name that a stranger chose.
const NAME_LETTERS: usize = 64;

/// A stranger's text for one line: without control, hidden and direction-changing letters, at most 64 letters. Escaping is
/// the template's.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    let mut letters = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|it| !it.is_empty()) {
        let shown: String = word.chars().filter(|c| !is_hidden(*c)).collect();
        if shown.is_empty() {
            continue;
        }
        if letters > 0 {
            tidy.push(' ');
            letters += 1;
        }
        for letter in shown.chars() {
            if letters >= NAME_LETTERS - 1 {
                tidy.push('…');
                return tidy;
            }
            tidy.push(letter);
            letters += 1;
        }
    }
    tidy
}

/// Letters that nobody sees, or that turn what stands beside them around (Unicode TR36, TR9): format characters, variation
/// selectors, fillers, private use, and stacked combining marks beyond what languages need.
fn is_hidden(c: char) -> bool {
    matches!(
        u32::from(c),
        0xAD | 0x34F
            | 0x61C
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFFB
            | 0xE000..=0xF8FF
            | 0xE0000..=0x10FFFF
    ) || c.is_control()
}

/// A tool's name in words.
pub(super) fn tool(name: &str) -> String {
    match name {
        super::AUDIT_READ => "Looked at the audit log".to_owned(),
        super::AUDIT_EXPORT => "Exported the audit log".to_owned(),
        super::TRANSPARENCY_READ => "Looked at what was read and changed".to_owned(),
        super::TRANSPARENCY_EXPORT => "Downloaded what was read and changed".to_owned(),
        super::APPROVED => "Approved a change".to_owned(),
        super::REJECTED => "Rejected a change".to_owned(),
        super::FOUND_OUT => "Recorded what became of a change".to_owned(),
        super::WITHDRAWN => "Took a request back".to_owned(),
        crate::call::govern::reconcile::LOOKED => "Looked for a change whose outcome was unknown".to_owned(),
        super::AGREE => "Matched an organisation".to_owned(),
        super::WITHDRAW => "Took the match of an organisation back".to_owned(),
        name => crate::tools::find(name).map_or_else(|| name.to_owned(), |it| it.entry.title.to_owned()),
    }
}

/// What happened, in words, where no tool was called: by the part that noted it and its code.
pub(super) fn event(phase: &str, code: &str) -> &'static str {
    match code {
        "signed_in" => "Signed in",
        "signed_out" => "Signed out",
        "realm_logout" | "ended_by_realm_logout" => "Signed out at the own realm",
        "authenticator_set" => "Set an authenticator app up",
        "wrong_password" => "Entered a wrong password",
        "wrong_code" => "Entered a wrong code",
        "attempts" | "throttled" => "Asked too often",
        "consented" => "Allowed a client",
        "consent_denied" => "Did not allow a client",
        "client_registered" => "A client registered itself",
        "token_issued" | "service_token_issued" => "A client got access",
        "token_refreshed" => "A client renewed its access",
        "token_revoked" => "A client gave its access back",
        "family_ended" => "A client's access ended: an old token was used",
        "grant_revoked" => "Cut a client off",
        "grant_revoked_by_administrator" => "An administrator cut a client off",
        "ended_by_sign_out" => "Clients ended with the sign-out",
        "ended_by_rights_lost" => "Clients ended: the realm took rights away",
        "ended_by_account_change" => "Clients ended: the account changed",
        "ended_by_administrator" => "An administrator ended all access",
        _ => match phase {
            "sign-in" => "A sign-in that was not finished",
            "authority" => "A client's request for access",
            "edge" => "A request that was not let in",
            _ => "A request that reached no tool",
        },
    }
}

/// A decision in words, and how it is coloured.
pub(super) fn decision(word: &str) -> (&'static str, &'static str) {
    match word {
        "allowed" => ("Done", "good"),
        "denied" => ("Refused", "bad"),
        "failed" => ("Failed", "bad"),
        "pending" => ("Waits for a person", "warn"),
        "unknown" => ("Outcome unknown", "warn"),
        _ => ("Noted", ""),
    }
}

/// A time for people, in UTC, since neither browser nor realm says which zone is meant.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// The same for programs.
pub(super) fn machine_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds since 1970 as both.
pub(super) fn seconds(at: i64) -> (String, String) {
    Timestamp::from_second(at).map_or_else(|_| (String::new(), String::new()), |at| (time(at), machine_time(at)))
}

/// `new_lead_contact_id` as `New lead contact id`.
pub(super) fn label(key: &str) -> String {
    let words = key.replace(['_', '.'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whose records a request is about: by name, where its preview said it, and by id.
pub(super) fn organisation(it: &ActionRequest) -> Option<String> {
    let id = it.organisation.as_ref()?;
    let data: Map<String, Value> = serde_json::from_str(&it.content.data).unwrap_or_default();
    let name = data.get("customer").and_then(Value::as_str).map(tidy).filter(|it| !it.is_empty());
    Some(name.map_or_else(|| id.to_string(), |name| format!("{name} ({id})")))
}

/// The canonical arguments of a call, for a person: label and value, everything that is there and in its order.
pub(super) fn arguments(text: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(map)) = serde_json::from_str(text) else { return Vec::new() };
    map.iter().map(|(key, value)| (label(key), self::value(value))).collect()
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => visible(text),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => {
            let lines = items.iter().enumerate().map(|(at, it)| within(&format!("{}.", at + 1), it));
            lines.collect::<Vec<_>>().join("\n")
        }
        Value::Object(fields) if fields.is_empty() => "none".to_owned(),
        Value::Object(fields) => {
            let lines = fields.iter().map(|(key, it)| within(&format!("{}:", label(key)), it));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

/// A part of something on lines of its own: what is several lines itself stands further in, so that no line of a text looks like a
/// part beside it.
fn within(head: &str, part: &Value) -> String {
    let said = value(part).replace('\n', "\n    ");
    let several = match part {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if several { format!("{head}\n    {said}") } else { format!("{head} {said}") }
}

/// Text with its line ends kept and every hidden letter shown by its number: what is confirmed is what is seen.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' || letter == '\t' {
            shown.push(letter);
        } else if is_hidden(letter) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o12_a_strangers_name_is_one_short_line_without_hidden_or_turning_letters() {
        assert_eq!(tidy("Claude\u{202e}edulC"), "ClaudeedulC");
        assert_eq!(tidy("Cla\u{200b}u\u{2060}de\u{feff}"), "Claude");
        assert_eq!(tidy("  a\r\n\tb\u{0}c  "), "a b c");
        assert_eq!(tidy("\u{e0041}\u{e0042}x\u{fe0f}"), "x");
        let long = tidy(&"a".repeat(10 * 1024));
        assert_eq!(long.chars().count(), NAME_LETTERS);
        assert!(long.ends_with('…'));
        // Escaping is the template's; tidying takes no letter of ordinary names.
        assert_eq!(tidy("<b>Müller & Söhne</b> 東京"), "<b>Müller & Söhne</b> 東京");
    }

    #[test]
    fn w06_arguments_are_shown_whole_and_what_is_hidden_in_them_is_made_visible() {
        let shown = arguments(r#"{"contact_id":"C-2","note":"pay\u202eme","urgent":true,"list":[1,"x"],"none":null}"#);
        let expected = [
            ("Contact id", "C-2"),
            ("Note", "pay[U+202E]me"),
            ("Urgent", "yes"),
            ("List", "1. 1\n2. x"),
            ("None", "nothing"),
        ];
        assert_eq!(shown, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn w06_parts_are_labelled_lines_and_no_text_looks_like_a_part() {
        let given = r#"{"users":[{"email":"a@acme.example","roles":["viewer"]},{"email":"b@acme.example\n2. Email: c","roles":[]}],"changes":{"title":"Boss","phone":null}}"#;
        let expected = [
            (
                "Users",
                "1.\n    Email: a@acme.example\n    Roles:\n        1. viewer\n2.\n    \
                 Email: b@acme.example\n        2. Email: c\n    Roles: none",
            ),
            ("Changes", "Title: Boss\nPhone: nothing"),
        ];
        assert_eq!(arguments(given), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
