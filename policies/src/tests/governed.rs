//! The golden table of what stands between a preview and its execution, for every governed write and every role.

use super::{Person, builtin, set};
use crate::{Effect, Lately, Need, Policies, Requested};
use std::fmt::Write as _;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/governed.txt");

const HEAD: &str = "\
WHAT STANDS BETWEEN A PREVIEW AND ITS EXECUTION

One block a write. Its first row is a write with nothing remarkable in it; a further row says what is otherwise where the preview found
that one thing. A write that no block has further rows of is the same whatever was found.

  direct    who asks needs nobody
  confirm   who asks confirms it, outside the model's reach
  approval  somebody else approves it
  +         this role may approve what somebody else asked for

A role may not be able to ask for the write at all: that is in matrix.txt.
";

/// What a preview may find, and what it is called here.
fn cases() -> Vec<(&'static str, Effect, Lately)> {
    let (calm, none) = (Effect::default(), Lately::default());
    vec![
        ("nothing remarkable", calm, none),
        ("more rights than before", Effect { elevation: true, ..calm }, none),
        ("newly visible", Effect { newly_visible: true, ..calm }, none),
        ("visible to a customer", Effect { customer_visible: true, ..calm }, none),
        ("an outsider's words, visible", Effect { customer_visible: true, untrusted: true, ..calm }, none),
        ("an outsider's words, public", Effect { public: true, untrusted: true, ..calm }, none),
        ("an outsider's words, work ends", Effect { closes: true, untrusted: true, ..calm }, none),
        ("an outsider's words, to one", Effect { recipients: 1, untrusted: true, ..calm }, none),
        ("outsiders' text was read before", Effect { tainted: true, ..calm }, none),
        ("people, money, law, security", Effect { sensitive: true, ..calm }, none),
        ("public", Effect { public: true, ..calm }, none),
        ("own words", Effect { customised: true, ..calm }, none),
        ("work ends", Effect { closes: true, ..calm }, none),
        ("a rule is set aside", Effect { exception: true, ..calm }, none),
        ("two people are told", Effect { recipients: 2, ..calm }, none),
        ("the 20th person today", Effect { recipients: 1, ..calm }, Lately { recipients: 19, amount: 0 }),
        ("the 21st person today", Effect { recipients: 1, ..calm }, Lately { recipients: 20, amount: 0 }),
        ("10,000.00", Effect { amount: 1_000_000, ..calm }, none),
        ("10,000.01", Effect { amount: 1_000_001, ..calm }, none),
        ("6,000.00, 4,000.00 before", Effect { amount: 600_000, ..calm }, Lately { recipients: 0, amount: 400_000 }),
        ("6,000.00, 6,000.00 before", Effect { amount: 600_000, ..calm }, Lately { recipients: 0, amount: 600_000 }),
    ]
}

fn table(policies: &Policies) -> String {
    let mut table = HEAD.to_owned();
    for tool in policies.tools().iter().filter(|it| it.writes && it.name.starts_with("portal_")) {
        let roles = policies.roles().iter().map(|it| format!("{:<16}", it.name)).collect::<String>();
        write!(table, "\n{:<36}{}\n", tool.name, roles.trim_end()).expect("is written");
        let mut first = None;
        for (name, effect, lately) in cases() {
            let cell = |role: &crate::Role| {
                let person = Person { realm: role.realm, roles: set(&[&role.name]), scopes: None, service: false };
                let requested = Requested { tool: &tool.name, effect: &effect, realm: role.realm, lately };
                let need = match policies.need(&person.subject(), &requested) {
                    Need::Nothing => "direct",
                    Need::Confirmation => "confirm",
                    Need::Approval => "approval",
                };
                let approves = if policies.may_approve(&person.subject(), &requested) { " +" } else { "" };
                format!("{:<16}", format!("{need}{approves}"))
            };
            let row: String = policies.roles().iter().map(cell).collect();
            if first.as_ref() != Some(&row) {
                writeln!(table, "  {name:<34}{}", row.trim_end()).expect("is written");
            }
            first.get_or_insert(row);
        }
    }
    table
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the switch of a test, not configuration")]
fn what_governed_writes_need_is_what_was_blessed() {
    let table = table(&builtin());
    if std::env::var("POSTERN_BLESS").is_ok() {
        std::fs::write(GOLDEN, &table).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden file can be read");
    assert!(
        golden == table,
        "what governed writes need has changed; read the difference, then POSTERN_BLESS=1\n{table}"
    );
}
