//! What the kit cannot try on a system that is kept: new portals, payment links, invitations; and secrets that stay inside.

use crate::picture::picture;
use crate::support::{Demo, cx, demo, demo_on, everywhere, external, kind, now};
use jiff::SignedDuration;
use postern_api::*;
use postern_embedded::Embedded;
use std::collections::BTreeMap;

fn referring(organisation: &str, reference: &str) -> CallCx {
    CallCx { reference: Some(reference.to_owned()), ..cx(organisation) }
}

fn role(id: &str) -> AccessRoleId {
    AccessRoleId::new(id).expect("an id")
}

fn link(organisation: &str, invoice: &Invoice) -> NewPaymentLink {
    NewPaymentLink {
        organisation: external(organisation),
        invoice: invoice.id.clone(),
        amount: invoice.balance,
        resend: false,
    }
}

/// Every operation works here: the README says so, and a deployment without other systems rests on it.
#[test]
fn every_operation_is_supported() {
    let demo = demo();
    let supported = demo.adapter.supports();
    assert_eq!(Op::ALL.iter().filter(|it| !supported.contains(it)).collect::<Vec<_>>(), Vec::<&Op>::new());
    assert_eq!(supported.len(), Op::ALL.len());
}

#[tokio::test]
async fn an_invoice_gets_one_payment_link_however_often_it_is_asked_for() {
    let demo = demo();
    let invoice = demo.find_invoice("acme", "INV-2103").await;
    assert!(invoice.payment_link.is_none());
    let new = link("acme", &invoice);
    for _ in 0..2 {
        let made =
            demo.open(demo.billing().create_payment_link(&referring("acme", "gw:1"), &new).await.expect("a link"));
        assert!(made.payment_link.is_some_and(|it| it.active));
    }
    assert_eq!(kind(demo.billing().create_payment_link(&referring("acme", "gw:2"), &new).await), ErrorKind::Conflict);
    let again = NewPaymentLink { resend: true, ..new };
    let sent = demo.open(demo.billing().create_payment_link(&cx("acme"), &again).await.expect("the same link"));
    assert_eq!(sent.payment_link, demo.find_invoice("acme", "INV-2103").await.payment_link);
}

#[tokio::test]
async fn of_two_payment_links_at_the_same_time_one_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = demo_on(&Embedded::open(&folder.path().join("postern.db")).expect("a database"), "msp");
    let new = link("globex", &demo.find_invoice("globex", "INV-2203").await);
    let ask = |reference: &'static str| {
        let (adapter, new) = (demo.adapter.clone(), new.clone());
        tokio::spawn(async move {
            let billing = adapter.billing().expect("billing");
            billing.create_payment_link(&referring("globex", reference), &new).await.map(drop)
        })
    };
    let (one, other) = (ask("gw:1"), ask("gw:2"));
    let (one, other) = (one.await.expect("an answer"), other.await.expect("an answer"));
    let refused: Vec<_> = [one, other].into_iter().filter_map(|it| it.err().map(|e| e.kind())).collect();
    assert_eq!(refused, [ErrorKind::Conflict]);
}

/// A link that has lapsed makes room for a new one, and is not sent again.
#[tokio::test]
async fn a_lapsed_payment_link_is_not_sent_again_but_replaced() {
    let demo = demo();
    let invoice = demo.find_invoice("initech", "INV-2301").await;
    assert!(invoice.payment_link.is_some_and(|it| !it.active));
    let new = link("initech", &invoice);
    let again = NewPaymentLink { resend: true, ..new.clone() };
    assert_eq!(kind(demo.billing().create_payment_link(&cx("initech"), &again).await), ErrorKind::NotFound);
    let made = demo.open(demo.billing().create_payment_link(&cx("initech"), &new).await.expect("a link"));
    assert!(made.payment_link.is_some_and(|it| it.active));
}

fn workspace(organisation: &str) -> NewWorkspace {
    NewWorkspace {
        organisation: external(organisation),
        welcome_text: Some("Welcome.".into()),
        default_role: role("viewer"),
        service_records: vec![ProjectId::new("PRJ-301").expect("an id")],
        documents: vec![DocumentId::new("DOC-3001").expect("an id")],
        invoices: vec![InvoiceId::new("INV-2301").expect("an id")],
        by: "Sofia Lindqvist".into(),
    }
}

#[tokio::test]
async fn a_customer_gets_one_portal_however_often_it_is_asked_for() {
    let demo = demo();
    let portal = demo.portal();
    assert!(portal.workspace(&cx("initech"), &external("initech")).await.expect("an answer").is_none());
    let new = workspace("initech");
    let first = demo.open(portal.create_workspace(&referring("initech", "gw:1"), &new).await.expect("a portal"));
    let again = demo.open(portal.create_workspace(&referring("initech", "gw:1"), &new).await.expect("the same"));
    assert_eq!((&first, &first.documents, &first.default_role), (&again, &new.documents, &new.default_role));
    assert_eq!(kind(portal.create_workspace(&referring("initech", "gw:2"), &new).await), ErrorKind::Conflict);
}

/// Another customer's record, an internal one, a draft and the MSP's own role are kept out of a new portal.
#[tokio::test]
async fn a_portal_holds_nothing_of_another_customer_and_nothing_internal() {
    let demo = demo();
    let document = |id: &str| vec![DocumentId::new(id).expect("an id")];
    let invoice = |id: &str| vec![InvoiceId::new(id).expect("an id")];
    let project = |id: &str| vec![ProjectId::new(id).expect("an id")];
    let new = workspace("initech");
    for bad in [
        NewWorkspace { documents: document("DOC-2001"), ..new.clone() },
        NewWorkspace { documents: document("DOC-3002"), ..new.clone() },
        NewWorkspace { invoices: invoice("INV-2201"), ..new.clone() },
        NewWorkspace { service_records: project("PRJ-101"), ..new.clone() },
        NewWorkspace { service_records: project("PRJ-303"), ..new.clone() },
        NewWorkspace { default_role: role("msp-operator"), ..new.clone() },
    ] {
        let answer = demo.portal().create_workspace(&cx("initech"), &bad).await;
        assert_eq!(kind(answer), ErrorKind::InvalidArgument, "{bad:?}");
    }
    assert!(demo.portal().workspace(&cx("initech"), &external("initech")).await.expect("an answer").is_none());
}

fn invitation(email: &str) -> PortalInvitation {
    PortalInvitation {
        organisation: external("acme"),
        email: email.to_owned(),
        first_name: "Nadia".into(),
        last_name: "West".into(),
        role: role("viewer"),
        message: Some("We look forward to it.".into()),
        expires_at: now().saturating_add(SignedDuration::from_hours(48)).expect("a time"),
        by: "Jane Smith".into(),
    }
}

async fn reset(demo: &Demo, user: &ContactId, reset: AccessReset) -> Result<PortalUser> {
    let (organisation, user) = (external("acme"), user.clone());
    let order = ResetOrder { organisation, user, reset, reason: "asked for it".into(), by: "Marcus Hale".into() };
    demo.identity().reset_access(&cx("acme"), &order).await.map(|it| demo.open(it))
}

/// The secrets in what a person was told: 32 hexadecimal digits each.
fn secrets(demo: &Demo, contact: &ContactId) -> Vec<String> {
    let told = demo.embedded.notifications(&demo.tenant, contact).expect("notifications");
    let words = told.iter().flat_map(|it| it.1.split([' ', ',']).map(str::to_owned));
    words.filter(|it| it.len() == 32 && it.chars().all(|c| c.is_ascii_hexdigit())).collect()
}

/// What opens something is told to its owner and stands in no answer of any port, whoever asks.
#[tokio::test]
async fn the_secret_of_a_link_is_in_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("postern.db");
    let demo = demo_on(&Embedded::open(&path).expect("a database"), "msp");
    let answer = demo.identity().invite_user(&cx("acme"), &invitation("nadia@acme.example")).await.expect("a user");
    let mut answers = format!("{answer:?}");
    let guest = demo.open(answer).id;
    answers += &format!("{:?}", reset(&demo, &guest, AccessReset::ReissueInvitation).await.expect("a user"));
    let alice = demo.contact("acme", "alice.wong").await;
    answers += &format!("{:?}", reset(&demo, &alice, AccessReset::PasswordReset).await.expect("a user"));
    let new = link("acme", &demo.find_invoice("acme", "INV-2103").await);
    answers += &format!("{:?}", demo.billing().create_payment_link(&cx("acme"), &new).await.expect("a link"));
    answers += &picture(&demo).await;

    assert_eq!((secrets(&demo, &guest).len(), secrets(&demo, &alice).len()), (2, 1));
    let file = rusqlite::Connection::open(&path).expect("the file");
    let mut kept = Vec::new();
    for sql in ["SELECT token FROM payment_link", "SELECT secret FROM login_link"] {
        let mut statement = file.prepare(sql).expect("a statement");
        let found = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        let found: Vec<_> = found.map(|it| it.expect("a secret")).collect();
        assert!(!found.is_empty(), "{sql}");
        kept.extend(found);
    }
    kept.extend(secrets(&demo, &guest));
    for secret in kept {
        assert!(!answers.contains(&secret));
    }
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_has_a_new_secret_and_a_new_end() {
    let demo = demo();
    let answer = demo.identity().invite_user(&cx("acme"), &invitation("nadia@acme.example")).await.expect("a user");
    let guest = demo.open(answer);
    let again = reset(&demo, &guest.id, AccessReset::ReissueInvitation).await.expect("a user");
    assert!(again.expires_at > guest.expires_at);
    let secrets = secrets(&demo, &guest.id);
    assert_ne!(secrets.first(), secrets.last());
}

/// Switching on what was never accepted does not accept it.
#[tokio::test]
async fn a_login_that_is_switched_on_again_is_as_it_was_before() {
    let demo = demo();
    for (local, before) in [("omar.haddad", LoginStatus::Pending), ("alice.wong", LoginStatus::Active)] {
        let user = demo.contact("acme", local).await;
        assert_eq!(reset(&demo, &user, AccessReset::Disable).await.expect("a user").status, LoginStatus::Disabled);
        assert_eq!(reset(&demo, &user, AccessReset::Enable).await.expect("a user").status, before, "{local}");
    }
}

#[tokio::test]
async fn a_reset_does_one_thing_and_tells_the_person() {
    let demo = demo();
    let rachel = demo.contact("acme", "rachel.adams").await;
    let told = async || demo.embedded.notifications(&demo.tenant, &rachel).expect("notifications").len();
    let before = told().await;
    assert!(!reset(&demo, &rachel, AccessReset::Unlock).await.expect("a user").locked);
    assert_eq!(kind(reset(&demo, &rachel, AccessReset::Unlock).await), ErrorKind::Conflict);
    assert_eq!(told().await, before + 1);
    let lead = demo.contact("acme", "lead").await;
    assert_eq!(reset(&demo, &lead, AccessReset::TwoFactorReset).await.expect("a user").two_factor, Some(false));
    assert_eq!(kind(reset(&demo, &lead, AccessReset::TwoFactorReset).await), ErrorKind::Conflict);
    assert_eq!(kind(reset(&demo, &lead, AccessReset::ReissueInvitation).await), ErrorKind::Conflict);
    assert_eq!(kind(reset(&demo, &lead, AccessReset::EndSessions).await), ErrorKind::Unsupported);
}

/// There is no mailer: an e-mail is refused and not noted as sent.
#[tokio::test]
async fn an_e_mail_is_refused_and_nothing_is_kept() {
    let demo = demo();
    let new = NewNotice {
        organisation: external("acme"),
        recipients: vec![Recipient {
            contact: demo.contact("acme", "basic").await,
            name: "Bob Miller".into(),
            email: "basic@acme.example".into(),
        }],
        channel: Channel::Email,
        topic: Topic::Update,
        subject: "News".into(),
        body: "Some.".into(),
        daily_cap: None,
        by: "Sofia Lindqvist".into(),
    };
    let notifications = demo.adapter.notifications().expect("notifications");
    let before = picture(&demo).await;
    assert_eq!(kind(notifications.send(&everywhere(), &new).await), ErrorKind::Unsupported);
    assert_eq!(picture(&demo).await, before);
    let shown = NewNotice { channel: Channel::InApp, ..new };
    notifications.send(&cx("acme"), &shown).await.expect("a notice");
    let bob = demo.contact("acme", "basic").await;
    let told = demo.embedded.notifications(&demo.tenant, &bob).expect("notifications");
    assert!(told.iter().any(|it| it.1 == "News\nSome."), "the portal shows it: {told:?}");
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("postern.db");
    let demo = demo_on(&Embedded::open(&path).expect("a database"), "msp");
    let file = rusqlite::Connection::open(&path).expect("the file");
    file.execute("UPDATE document_version SET state = 'approved' WHERE id = 'DOC-1002-v2'", []).expect("an approval");
    let new = NewPublication {
        organisation: external("acme"),
        document: DocumentId::new("DOC-1002").expect("an id"),
        version: VersionId::new("DOC-1002-v2").expect("an id"),
        roles: vec![role("manager")],
        download: false,
        expires_at: None,
        by: "Sofia Lindqvist".into(),
    };
    let port = demo.adapter.documents().expect("documents");
    let document = demo.open(port.publish(&cx("acme"), &new).await.expect("a document"));
    let published: Vec<_> = document.versions.iter().map(|it| it.publication.is_some()).collect();
    assert_eq!(published, [false, true]);
    let rows: i64 = file
        .query_row(
            "SELECT count(*) FROM publication p JOIN document_version v ON v.key = p.version
             WHERE v.id LIKE 'DOC-1002-%'",
            [],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(rows, 3, "the first publication, that it was taken back, and the second one");
}

/// A document that became internal after it was published is for nobody, and is not counted.
#[tokio::test]
async fn b06_an_internal_document_is_not_listed_though_it_was_published() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("postern.db");
    let demo = demo_on(&Embedded::open(&path).expect("a database"), "msp");
    let before = demo.documents("acme", true).await.len();
    let file = rusqlite::Connection::open(&path).expect("the file");
    assert_eq!(file.execute("UPDATE document SET internal = 1 WHERE id = 'DOC-1007'", []).expect("a change"), 1);
    let after = demo.documents("acme", true).await;
    assert_eq!(after.len(), before - 1);
    assert!(!after.iter().any(|it| it.id.as_str() == "DOC-1007"));
}

#[tokio::test]
async fn a_profile_keeps_what_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("postern.db");
    let demo = demo_on(&Embedded::open(&path).expect("a database"), "msp");
    let crm = demo.adapter.crm().expect("a CRM");
    let before = demo.open(crm.profile(&cx("acme"), &external("acme"), None).await.expect("a profile"));
    let phone = before.get(&ProfileField::CompanyPhone).expect("a telephone").clone();
    let change = ProfileChange {
        organisation: external("acme"),
        contact: None,
        fields: BTreeMap::from([(ProfileField::CompanyPhone, (phone.clone(), Some("+1 202 555 0111".into())))]),
        source: "form".into(),
        by: "Jane Smith".into(),
    };
    crm.change_profile(&cx("acme"), &change).await.expect("a change");
    let file = rusqlite::Connection::open(&path).expect("the file");
    let kept: (Option<String>, String, String) = file
        .query_row("SELECT before, source, by FROM profile_change", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .expect("one change");
    assert_eq!(kept, (phone, "form".to_owned(), "Jane Smith".to_owned()));
}
