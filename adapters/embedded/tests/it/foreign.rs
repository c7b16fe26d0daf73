//! Another customer's portal records answer exactly like missing ones, in kind and in words.

use crate::support::{cx, demo, external};
use jiff::Timestamp;
use postern_api::*;
use std::collections::BTreeMap;

fn says<T>(answer: Result<T>) -> String {
    let error = answer.err().expect("a refusal");
    format!("{:?} {error} {:?}", error.kind(), error.context())
}

fn usd(amount: i64) -> Money {
    Money::new(Decimal::new(amount, 2), Currency::new("USD").expect("a currency"))
}

#[tokio::test]
async fn b01_another_customers_portal_record_is_a_missing_one() {
    let demo = demo();
    let (documents, projects) =
        (demo.adapter.documents().expect("documents"), demo.adapter.projects().expect("projects"));
    let (billing, identity, crm) = (demo.billing(), demo.identity(), demo.adapter.crm().expect("a CRM"));
    let foreign = demo.contact("globex", "lead").await;
    let organisation = external("acme");
    // One that Globex has and one that nobody has, asked for as Acme.
    let mut answers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut note = |what, answer| answers.entry(what).or_default().push(answer);
    for (invoice, document, version, project, user) in [
        ("INV-2201", "DOC-2004", "DOC-2004-v1", "PRJ-201", foreign.as_str()),
        ("INV-9999", "DOC-9999", "DOC-9999-v1", "PRJ-999", "CT-999999"),
    ] {
        let invoice = InvoiceId::new(invoice).expect("an id");
        let document = DocumentId::new(document).expect("an id");
        let version = VersionId::new(version).expect("an id");
        let (project, user) = (ProjectId::new(project).expect("an id"), ContactId::new(user).expect("an id"));
        note("invoice", says(billing.invoice(&cx("acme"), &invoice).await));
        let paid = billing.payments(&cx("acme"), &organisation, Some(&invoice)).await.expect("an answer");
        note("payments", format!("{paid:?}"));
        let (amount, resend) = (usd(275_000), false);
        let link = NewPaymentLink { organisation: organisation.clone(), invoice, amount, resend };
        note("payment link", says(billing.create_payment_link(&cx("acme"), &link).await));
        note("document", says(documents.document(&cx("acme"), &document).await));
        let publication = NewPublication {
            organisation: organisation.clone(),
            document: document.clone(),
            version,
            roles: vec![],
            download: false,
            expires_at: None,
            by: "Marcus Hale".into(),
        };
        note("publish", says(documents.publish(&cx("acme"), &publication).await));
        let revocation = Revocation {
            organisation: organisation.clone(),
            document,
            version: None,
            download_only: false,
            reason: "none".into(),
            by: "Marcus Hale".into(),
        };
        note("revoke", says(documents.revoke(&cx("acme"), &revocation).await));
        note("project", says(projects.project(&cx("acme"), &project).await));
        note("profile", says(crm.profile(&cx("acme"), &organisation, Some(&user)).await));
        let change = AccessChange {
            organisation: organisation.clone(),
            user: user.clone(),
            from: vec![],
            to: vec![],
            reason: None,
            by: "Marcus Hale".into(),
        };
        note("access", says(identity.change_access(&cx("acme"), &change).await));
        let reset = ResetOrder {
            organisation: organisation.clone(),
            user,
            reset: AccessReset::Disable,
            reason: "none".into(),
            by: "Marcus Hale".into(),
        };
        note("reset", says(identity.reset_access(&cx("acme"), &reset).await));
    }
    assert_eq!(answers.len(), 10);
    for (what, answers) in answers {
        assert_eq!(answers.first(), answers.last(), "{what}");
    }
}

/// The same reference for another organisation finds nothing of the first one's, and does nothing.
#[tokio::test]
async fn b05_a_reference_of_one_organisation_opens_nothing_for_another() {
    let demo = demo();
    let record = async |organisation: &str| {
        let call = CallCx { reference: Some("gw:1".into()), ..cx(organisation) };
        let new = ConsentRecord {
            contact: None,
            kind: ConsentKind::Terms,
            granted: true,
            version: format!("for {organisation}"),
            source: "staff".into(),
            address: None,
            device: None,
            reason: None,
            by: "Marcus Hale".into(),
            at: Timestamp::now(),
        };
        demo.portal().record_consent(&call, &external(organisation), &new).await.map(|it| demo.open(it).version)
    };
    assert_eq!(record("acme").await.expect("a consent"), "for acme");
    assert_eq!(record("acme").await.expect("the same"), "for acme");
    assert_eq!(record("globex").await.expect_err("a refusal").kind(), ErrorKind::Conflict);
}
