//! What callers see through the lens.

use super::*;
use postern_api::classified::{Withheld, absent};
use postern_api::{ErrorKind, Financial, Internal, Pii, Secret, Text};
use postern_policies::TextRules;
use serde::Serialize;

const SHOW: PiiRules =
    PiiRules { own: Treatment::Show, contact: Treatment::Show, staff: Treatment::Show, unknown: Treatment::Show };
const MASK: PiiRules = PiiRules { contact: Treatment::Mask, staff: Treatment::Hide, unknown: Treatment::Hide, ..SHOW };
const TEXT: TextRules = TextRules {
    email: Treatment::Mask,
    phone: Treatment::Mask,
    card: Treatment::Hide,
    iban: Treatment::Hide,
    identity: Treatment::Hide,
    ip: Treatment::Show,
    link: Treatment::Mask,
};
const CUSTOMER: Reveal =
    Reveal { name: MASK, email: MASK, phone: MASK, address: MASK, text: TEXT, internal: false, financial: false };
const EMPLOYEE: Reveal =
    Reveal { name: SHOW, email: SHOW, phone: SHOW, address: SHOW, text: TEXT, internal: true, financial: true };

#[derive(Serialize)]
struct Ticket {
    id: &'static str,
    requester: Pii,
    #[serde(skip_serializing_if = "absent")]
    email: Option<Pii>,
    #[serde(skip_serializing_if = "absent")]
    assignee: Option<Pii>,
    #[serde(skip_serializing_if = "absent")]
    note: Option<Internal<String>>,
    #[serde(skip_serializing_if = "absent")]
    cost: Option<Financial<u32>>,
    #[serde(skip_serializing_if = "absent")]
    key: Option<Secret<String>>,
    text: Text,
    #[serde(skip_serializing_if = "Withheld::absent")]
    withheld: Withheld,
}

fn contact(id: &str) -> About {
    About::Contact(ContactId::new(id).expect("an id"))
}

fn ticket(text: &str) -> Ticket {
    Ticket {
        id: "T1",
        requester: Pii::new(PiiKind::Name, contact("7"), "Jane Doering"),
        email: Some(Pii::new(PiiKind::Email, contact("7"), "jane@acme.example")),
        assignee: Some(Pii::new(PiiKind::Name, About::Staff, "Boris Tekniker")),
        note: Some(Internal::new("margin canary".into())),
        cost: Some(Financial::new(40)),
        key: Some(Secret::new("never".into())),
        text: text.into(),
        withheld: Withheld(vec!["escalated to tier three".into()]),
    }
}

fn redactor() -> Redactor {
    Redactor::new(Scrubber::new().expect("the engine compiles"), b"a secret of the gateway")
}

fn viewer(contact: &str, own: &[&str], grant: &str) -> Viewer {
    Viewer {
        contacts: BTreeSet::from([ContactId::new(contact).expect("an id")]),
        own_values: own.iter().map(|own| (*own).to_owned()).collect(),
        link_hosts: Arc::default(),
        grant: grant.into(),
    }
}

struct Seen {
    value: Value,
    counts: Counts,
}

fn redact(answer: &dyn Answer, reveal: &Reveal, viewer: &Viewer) -> Seen {
    let redacted = redactor().redact(answer, reveal, viewer).expect("it redacts");
    Seen { value: redacted.value(), counts: redacted.counts }
}

#[test]
fn r04_a_colleague_sees_masks_and_no_internal_field_in_any_form() {
    let text = "Jane Doering (jane@acme.example) asked Boris; was escalated to tier three. tekniker knows";
    let seen = redact(&ticket(text), &CUSTOMER, &viewer("8", &["bob@acme.example"], "g"));
    let fields = seen.value.as_object().expect("an object");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["id", "requester", "email", "text"]);
    assert_eq!(fields["requester"], "J. D.");
    assert_eq!(fields["email"], "j***@acme.example");
    let all = seen.value.to_string();
    for hidden in ["Jane", "Doering", "jane@", "Boris", "ekniker", "escalated", "canary", "never"] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    assert_eq!(seen.counts.of("internal"), 1);
    assert!(seen.counts.of("name") >= 4);
}

#[test]
fn the_caller_sees_the_callers_own_values() {
    let text = "Jane Doering wrote from jane@acme.example";
    let own = viewer("7", &["jane@acme.example", "Jane Doering"], "g");
    let seen = redact(&ticket(text), &CUSTOMER, &own);
    assert_eq!(seen.value["requester"], "Jane Doering");
    assert_eq!(seen.value["text"], text);
}

#[test]
fn an_employee_sees_the_classes_and_never_a_secret() {
    let seen = redact(&ticket("the password: Sommer2024!"), &EMPLOYEE, &viewer("0", &[], "g"));
    assert_eq!(seen.value["note"], "margin canary");
    assert_eq!(seen.value["cost"], 40);
    assert!(seen.value.get("key").is_none());
    let text = seen.value["text"].as_str().expect("text");
    assert!(text.starts_with("the password: ⟦secret:password."), "{text}");
    assert_eq!(seen.counts.of("secret"), 1);
}

#[test]
fn r06_placeholders_join_one_grant_and_no_two() {
    let row = ticket("mail x@y.example, again X@y.example");
    let text = |grant| redact(&row, &CUSTOMER, &viewer("8", &[], grant)).value["text"].to_string();
    let one = text("g1");
    let marks: Vec<&str> = one.split('⟦').skip(1).filter_map(|rest| rest.split('⟧').next()).collect();
    assert_eq!(marks.len(), 2);
    assert_eq!(marks[0], marks[1], "one value, one placeholder");
    assert_eq!(one, text("g1"));
    assert_ne!(one, text("g2"));
}

#[test]
fn r06_a_forged_placeholder_is_only_text_in_every_field() {
    let mut row = ticket("see ⟦email:aaaaaa.aaaa⟧");
    row.requester = Pii::new(PiiKind::Name, contact("7"), "⟦name:aaaaaa.aaaa⟧");
    let seen = redact(&row, &EMPLOYEE, &viewer("0", &[], "g"));
    assert_eq!(seen.value["text"], "see [email:aaaaaa.aaaa]");
    assert_eq!(seen.value["requester"], "[name:aaaaaa.aaaa]");
}

#[test]
fn p04_hidden_characters_leave_every_field_and_key() {
    #[derive(Serialize)]
    struct Row {
        plain: String,
        map: std::collections::BTreeMap<String, String>,
    }
    let row = Row { plain: "a\u{e0041}b".into(), map: [("k\u{202e}ey".to_owned(), "v\u{1b}[0m".to_owned())].into() };
    let seen = redact(&row, &EMPLOYEE, &viewer("0", &[], "g"));
    assert_eq!(seen.value, serde_json::json!({"plain": "ab", "map": {"key": "v"}}));
}

#[test]
fn r07_a_panic_or_an_error_gives_no_value() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
            panic!("while serialising")
        }
    }
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: serde::Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("jane@acme.example"))
        }
    }
    let viewer = viewer("0", &[], "g");
    let panicked = redactor().redact(&Panics, &EMPLOYEE, &viewer).expect_err("no value");
    let failed = redactor().redact(&Fails, &EMPLOYEE, &viewer).expect_err("no value");
    for error in [panicked, failed] {
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!format!("{error:?}").contains("jane"), "the log does not get it either");
    }
    assert!(serde_json::to_string(&ticket("x")).is_err(), "no lens is left behind");
}

#[test]
fn r07_a_text_that_is_too_large_is_withheld_and_an_answer_refused() {
    let viewer = viewer("0", &[], "g");
    let seen = redact(&ticket(&"x".repeat(65 * 1024)), &EMPLOYEE, &viewer);
    assert_eq!(seen.value["text"], "[withheld: too large]");
    assert_eq!(seen.counts.of("withheld"), 1);
    let many: Vec<Ticket> = (0..30).map(|_| ticket(&"x".repeat(40 * 1024))).collect();
    assert_eq!(redactor().redact(&many, &EMPLOYEE, &viewer).expect_err("refused").kind(), ErrorKind::Internal);
}

#[test]
fn r08_a_value_over_the_writers_chunks_is_whole_when_it_is_read() {
    for pad in 8170..8200 {
        let seen = redact(&ticket(&format!("{} zoe@acme.example", "x".repeat(pad))), &EMPLOYEE, &viewer("0", &[], "g"));
        assert!(!seen.value.to_string().contains("zoe@"), "{pad}");
    }
}

#[test]
fn r04_messages_pass_the_same_filter() {
    let viewer = viewer("8", &["bob@acme.example"], "g");
    let text = redactor().redact_text("no such user zoe@acme.example, says bob@acme.example", &CUSTOMER, &viewer);
    assert!(text.contains("⟦email:") && text.ends_with("says bob@acme.example"), "{text}");
    assert_eq!(redactor().redact_text(&"x".repeat(65 * 1024), &CUSTOMER, &viewer), "[withheld: too large]");
}

#[test]
fn r01_a_field_that_no_type_names_is_not_there() {
    // What a vendor adds is dropped where its answer is read, since our types have no place for it.
    let seen = redact(&ticket("x"), &EMPLOYEE, &viewer("0", &[], "g"));
    let fields: Vec<&String> = seen.value.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["id", "requester", "email", "assignee", "note", "cost", "text"]);
}
