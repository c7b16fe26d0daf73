//! The portal's defaults, looks, questions, forms and consents; portals for two of three customers.

use super::{ago, contact_key, organisation_key};
use crate::convert::{json, micros, word};
use crate::fail::Result;
use crate::portal::keep_consent;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::{ConsentKind, ConsentRecord, FaqState, FieldClass, FormKind};

const DAY: i64 = 24 * 60;

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    settings(rows, now)?;
    for workspace in &WORKSPACES {
        workspace_of(rows, workspace, now)?;
    }
    for question in &QUESTIONS {
        question.insert(rows, now)?;
    }
    for form in &FORMS {
        form.insert(rows)?;
    }
    consents(rows, now)
}

fn settings(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    rows.insert(
        "INSERT INTO portal_config (tenant, timezone, login_policy, latest_version_only, channels,
         daily_notification_cap, payments_enabled, sla_response_hours, sla_resolution_hours, visible_by_default,
         minimum_group) VALUES (:tenant, 'America/New_York', 'password, second factor for payers and managers', 1,
         '[\"in_app\"]', 3, 1, 8, 40, '[\"own requests\",\"published documents\"]', 5)",
        &[],
    )?;
    rows.insert(
        "INSERT INTO branding (tenant, logo_url, colours, domain, welcome_text, languages, white_label, updated_at)
         VALUES (:tenant, 'https://portal.msp.example/logo.svg',
         '{\"accent\":\"#e07a1f\",\"background\":\"#ffffff\",\"primary\":\"#12395b\"}', 'portal.msp.example',
         'Welcome. Here you find your requests, documents and invoices.', '[\"en\",\"de\"]', 0, :at)",
        &[(":at", &micros(ago(now, 60 * DAY)))],
    )?;
    Ok(())
}

/// Organisation, id, welcome, default role, service records, documents, invoices.
type WorkspaceRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

/// Initech has no portal yet, so that making one can be tried.
const WORKSPACES: [WorkspaceRow; 2] = [
    (
        "acme",
        "WS-A1",
        "Welcome, Acme.",
        "viewer",
        &["PRJ-101", "PRJ-102"],
        &["DOC-1001", "DOC-1002"],
        &["INV-2101", "INV-2102"],
    ),
    ("globex", "WS-G1", "Welcome, Globex.", "viewer", &["PRJ-201"], &["DOC-2001"], &["INV-2201"]),
];

fn workspace_of(rows: &Rows<'_>, it: &WorkspaceRow, now: Timestamp) -> Result<()> {
    let (organisation, id, welcome, role, records, documents, invoices) = it;
    rows.insert(
        "INSERT INTO workspace (tenant, id, organisation, active, welcome_text, default_role, service_records,
         documents, invoices, by, created_at)
         SELECT :tenant, :id, :organisation, 1, :welcome, key, :records, :documents, :invoices, 'Sofia Lindqvist', :at
         FROM access_role WHERE tenant = :tenant AND id = :role",
        &[
            (":id", id),
            (":organisation", &organisation_key(rows, organisation)?),
            (":welcome", welcome),
            (":role", role),
            (":records", &json(records)?),
            (":documents", &json(documents)?),
            (":invoices", &json(invoices)?),
            (":at", &micros(ago(now, 200 * DAY))),
        ],
    )?;
    Ok(())
}

struct Question {
    question: &'static str,
    answer: &'static str,
    category: &'static str,
    language: &'static str,
    segments: &'static [&'static str],
    state: FaqState,
    sensitive: bool,
    internal: bool,
}

const PUBLISHED: Question = Question {
    question: "",
    answer: "",
    category: "General",
    language: "en",
    segments: &[],
    state: FaqState::Published,
    sensitive: false,
    internal: false,
};

const QUESTIONS: [Question; 8] = [
    Question {
        question: "How do I raise a request?",
        answer: "Choose New request in the portal and say what happened and since when.",
        category: "Requests",
        ..PUBLISHED
    },
    Question {
        question: "Wie stelle ich eine Anfrage?",
        answer: "W\u{e4}hlen Sie im Portal Neue Anfrage und beschreiben Sie, was passiert ist.",
        category: "Requests",
        language: "de",
        ..PUBLISHED
    },
    Question {
        question: "How do I set up my second factor?",
        answer: "Open your profile, choose Second factor and scan the picture with your phone.",
        category: "Signing in",
        ..PUBLISHED
    },
    Question {
        question: "How fast do you answer urgent requests?",
        answer: "Within the hours of your agreement; urgent ones first.",
        category: "Service",
        segments: &["enterprise"],
        sensitive: true,
        ..PUBLISHED
    },
    Question {
        question: "Do I get a refund when you are late?",
        answer: "We always refund a month, says UNREVIEWEDREFUND, nobody has checked this.",
        category: "Payments",
        state: FaqState::Draft,
        sensitive: true,
        ..PUBLISHED
    },
    Question {
        question: "Can I pay in instalments?",
        answer: "Yes, in three parts on request.",
        category: "Payments",
        state: FaqState::Reviewed,
        sensitive: true,
        ..PUBLISHED
    },
    Question {
        question: "How do we calm an angry customer?",
        answer: "Runbook SOPCALM12: apologise, offer a call, never mention the backlog.",
        category: "Service",
        internal: true,
        ..PUBLISHED
    },
    Question {
        question: "Who approves a credit note?",
        answer: "Helen, up to 500; beyond that Daniel. See SOPCREDIT09.",
        category: "Payments",
        state: FaqState::Reviewed,
        internal: true,
        ..PUBLISHED
    },
];

impl Question {
    fn insert(&self, rows: &Rows<'_>, now: Timestamp) -> Result<()> {
        rows.insert(
            "INSERT INTO faq (tenant, id, question, answer, category, language, segments, state, sensitive, internal,
             by, updated_at) VALUES (:tenant, :id, :question, :answer, :category, :language, :segments, :state,
             :sensitive, :internal, 'Sofia Lindqvist', :at)",
            &[
                (":id", &format!("FQ-{:04}", rows.next("faq")?)),
                (":question", &self.question),
                (":answer", &self.answer),
                (":category", &self.category),
                (":language", &self.language),
                (":segments", &json(&self.segments)?),
                (":state", &word(&self.state)?),
                (":sensitive", &self.sensitive),
                (":internal", &self.internal),
                (":at", &micros(ago(now, 30 * DAY))),
            ],
        )?;
        Ok(())
    }
}

/// Name, label, whether it has to be filled in, class, choices, the longest answer.
type Field = (&'static str, &'static str, bool, FieldClass, &'static [&'static str], u32);

struct Form {
    id: &'static str,
    name: &'static str,
    kind: FormKind,
    version: u32,
    fields: &'static [Field],
}

const FORMS: [Form; 4] = [
    Form {
        id: "FM-drawing",
        name: "Approve a drawing",
        kind: FormKind::DrawingApproval,
        version: 2,
        fields: &[
            ("drawing", "Number of the drawing", true, FieldClass::Plain, &[], 40),
            (
                "decision",
                "Your decision",
                true,
                FieldClass::Plain,
                &["approved", "approved with changes", "refused"],
                40,
            ),
            ("signer", "Who decides", true, FieldClass::Pii, &[], 120),
            ("remarks", "What to change", false, FieldClass::Plain, &[], 2000),
        ],
    },
    Form {
        id: "FM-satisfaction",
        name: "How satisfied are you?",
        kind: FormKind::Questionnaire,
        version: 1,
        fields: &[
            ("score", "From 1 to 5", true, FieldClass::Plain, &["1", "2", "3", "4", "5"], 1),
            ("words", "Anything else?", false, FieldClass::Plain, &[], 1000),
        ],
    },
    Form {
        id: "FM-profile",
        name: "Change my details",
        kind: FormKind::ProfileUpdate,
        version: 3,
        fields: &[
            ("name", "Name", false, FieldClass::Pii, &[], 120),
            ("phone", "Telephone", false, FieldClass::Pii, &[], 40),
            ("bank_account", "Account for refunds", false, FieldClass::Sensitive, &[], 34),
        ],
    },
    Form {
        id: "FM-service",
        name: "Apply for a service",
        kind: FormKind::ServiceApplication,
        version: 1,
        fields: &[
            ("service", "Which service", true, FieldClass::Plain, &["backup", "mobile devices", "training"], 40),
            ("people", "For how many people", true, FieldClass::Plain, &[], 6),
            ("health_needs", "Needs of people at their desks", false, FieldClass::Sensitive, &[], 500),
        ],
    },
];

impl Form {
    fn insert(&self, rows: &Rows<'_>) -> Result<()> {
        let form = rows.insert(
            "INSERT INTO form (tenant, id, name, kind, version) VALUES (:tenant, :id, :name, :kind, :version)",
            &[(":id", &self.id), (":name", &self.name), (":kind", &word(&self.kind)?), (":version", &self.version)],
        )?;
        for (place, (name, label, required, class, choices, max_length)) in (1_i64..).zip(self.fields) {
            rows.insert(
                "INSERT INTO form_field (tenant, form, place, name, label, required, class, choices, max_length)
                 VALUES (:tenant, :form, :place, :name, :label, :required, :class, :choices, :max)",
                &[
                    (":form", &form),
                    (":place", &place),
                    (":name", name),
                    (":label", label),
                    (":required", required),
                    (":class", &word(class)?),
                    (":choices", &json(choices)?),
                    (":max", max_length),
                ],
            )?;
        }
        Ok(())
    }
}

/// Who agreed (and from which network), and who of them withdrew being told.
const AGREED: [(&str, &str, &str, bool); 9] = [
    ("acme", "lead@acme.example", "203.0.113.0", false),
    ("acme", "basic@acme.example", "203.0.113.0", false),
    ("acme", "alice.wong@acme.example", "203.0.113.0", false),
    ("acme", "rachel.adams@acme.example", "198.51.100.0", false),
    ("acme", "greg.ellis@acme.example", "198.51.100.0", true),
    ("globex", "lead@globex.example", "192.0.2.0", false),
    ("globex", "basic@globex.example", "192.0.2.0", true),
    ("globex", "ines.duarte@globex.example", "192.0.2.0", false),
    ("initech", "lead@initech.example", "192.0.2.128", false),
];

fn consents(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for (organisation, email, address, withdrew) in AGREED {
        let (organisation, contact) = (organisation_key(rows, organisation)?, contact_key(rows, email)?);
        let agreed = ConsentRecord {
            contact: None,
            kind: ConsentKind::Terms,
            granted: true,
            version: "2026-01".to_owned(),
            source: "portal".to_owned(),
            address: Some(address.to_owned()),
            device: Some("browser on a computer".to_owned()),
            reason: None,
            by: email.to_owned(),
            at: ago(now, 180 * DAY),
        };
        for kind in [ConsentKind::Terms, ConsentKind::Privacy, ConsentKind::Notifications] {
            keep_consent(rows, organisation, Some(contact), &ConsentRecord { kind, ..agreed.clone() })?;
        }
        if withdrew {
            let withdrawn = ConsentRecord {
                kind: ConsentKind::Notifications,
                granted: false,
                source: "staff".to_owned(),
                address: None,
                device: None,
                reason: Some("asked for it by telephone".to_owned()),
                by: "Marcus Hale".to_owned(),
                at: ago(now, 20 * DAY),
                ..agreed
            };
            keep_consent(rows, organisation, Some(contact), &withdrawn)?;
        }
    }
    for organisation in ["acme", "globex"] {
        let synced = ConsentRecord {
            contact: None,
            kind: ConsentKind::DataSync,
            granted: true,
            version: "2026-01".to_owned(),
            source: "contract".to_owned(),
            address: None,
            device: None,
            reason: Some("signed with the contract".to_owned()),
            by: "Sofia Lindqvist".to_owned(),
            at: ago(now, 200 * DAY),
        };
        keep_consent(rows, organisation_key(rows, organisation)?, None, &synced)?;
    }
    Ok(())
}
