//! The demo holds what the portal's guards are for, and nothing of it is where customers look.

use crate::picture::CUSTOMERS;
use crate::support::{Demo, cx, demo, everywhere, external};
use jiff::{SignedDuration, Timestamp};
use postern_api::*;

/// Words that stand in what only employees may read, and nowhere else.
const CANARIES: [(&str, &[&str]); 3] = [
    (
        "acme",
        &[
            "ACMEMARGIN41",
            "DRAFTRENEWAL26",
            "HIDDENDISPUTE6",
            "ACMEFLOOR88",
            "PHASEACMEX9",
            "LATEACME21",
            "ACMEFILE3",
            "COSTACME55",
            "INTERNALACME7",
            "DRAFTQUOTEACME2",
            "HIDDENORDERACME4",
            "TIMEACME90",
        ],
    ),
    ("globex", &["GLXPRICE77", "GLXCHURN5", "PHASEGLX2", "GLXBROKEN2", "GLXMARGIN18", "INTERNALGLX4", "TIMEGLX40"]),
    ("initech", &["INIDUNNING3", "INIRISK2", "INIDRUM8", "INTERNALINI6"]),
];

#[tokio::test]
async fn each_canary_stands_in_its_own_customers_records() {
    let demo = demo();
    let all = crate::picture::picture(&demo).await;
    for word in CANARIES.iter().flat_map(|it| it.1).chain(&["UNREVIEWEDREFUND", "SOPCALM12", "SOPCREDIT09"]) {
        assert!(all.contains(word), "{word} stands nowhere");
    }
}

/// A customer's queries, for every kind of record that has one.
async fn shown_to_customers(demo: &Demo, organisation: &str) -> String {
    let (cx, whose) = (cx(organisation), || Some(external(organisation)));
    let invoices =
        InvoiceQuery { organisation: whose(), statuses: vec![], customer_visible: true, offset: 0, limit: 200 };
    let documents = DocumentQuery { organisation: whose(), published_only: true, kind: None, offset: 0, limit: 200 };
    let orders = OrderQuery { organisation: whose(), kind: None, customer_visible: true, offset: 0, limit: 200 };
    let faq = FaqQuery { published_only: true, ..FaqQuery::default() };
    let rows = demo.billing().invoices(&cx, &invoices).await.expect("invoices").rows;
    let bare = rows.into_iter().map(|it| Invoice { notes: None, ..demo.open(it) });
    [
        format!("{:?}", bare.collect::<Vec<_>>()),
        format!("{:?}", demo.adapter.documents().expect("documents").documents(&cx, &documents).await.expect("a page")),
        format!("{:?}", demo.adapter.sales().expect("orders").orders(&cx, &orders).await.expect("a page")),
        format!("{:?}", demo.portal().faq(&cx, &faq).await.expect("questions")),
    ]
    .join("\n")
}

#[tokio::test]
async fn no_canary_stands_in_what_customers_list() {
    let demo = demo();
    for organisation in CUSTOMERS {
        let shown = shown_to_customers(&demo, organisation).await;
        for word in CANARIES.iter().flat_map(|it| it.1).chain(&["UNREVIEWEDREFUND", "SOPCALM12", "SOPCREDIT09"]) {
            assert!(!shown.contains(word), "{organisation} reads {word}");
        }
    }
}

#[tokio::test]
async fn documents_of_every_kind_that_must_not_be_published_are_there() {
    let demo = demo();
    let acme = demo.documents("acme", false).await;
    let waits = |it: &&Document| it.latest().is_some_and(|it| it.state != VersionState::Approved);
    assert!(acme.iter().any(|it| it.internal), "an internal one");
    assert!(acme.iter().any(|it| it.versions.len() > 1), "an old version");
    let shown_while_newer_waits = |it: &Document| waits(&it) && it.versions.iter().any(|it| it.publication.is_some());
    assert!(acme.iter().any(shown_while_newer_waits), "an unapproved newest version");
    let named = |rows: &[Document]| rows.iter().map(|it| it.name.expose().to_owned()).collect::<Vec<_>>();
    let (ours, theirs) = (named(&acme), named(&demo.documents("globex", false).await));
    assert!(ours.iter().any(|it| theirs.contains(it)), "another customer's of the same name");
    assert!(ours.iter().any(|it| theirs.iter().any(|other| other != it && other.starts_with(it.as_str()))));
    for sign_off in [SignOff::Pending, SignOff::Signed] {
        assert!(acme.iter().flat_map(|it| &it.versions).any(|it| it.sign_off == sign_off), "{sign_off:?}");
    }
    let published = demo.documents("acme", true).await;
    assert!(!published.iter().any(|it| it.id.as_str() == "DOC-1006"), "a publication that is over is none");
    assert!(
        published
            .iter()
            .flat_map(|it| &it.versions)
            .any(|it| { it.publication.as_ref().is_some_and(|it| !it.roles.is_empty() && it.download) })
    );
}

#[tokio::test]
async fn invoices_and_payments_of_every_kind_are_there() {
    let demo = demo();
    let acme = demo.invoices("acme").await;
    let open = |it: &&Invoice| it.status == InvoiceStatus::Open && it.customer_visible;
    let active = |it: &Invoice| it.payment_link.is_some_and(|it| it.active);
    assert!(acme.iter().filter(open).any(active), "one with a link");
    assert!(acme.iter().filter(open).any(|it| it.payment_link.is_none()), "one without");
    assert!(acme.iter().any(|it| it.status == InvoiceStatus::Open && !it.customer_visible), "a hidden one");
    for status in [InvoiceStatus::Paid, InvoiceStatus::Draft, InvoiceStatus::Void] {
        let one = acme.iter().find(|it| it.status == status).expect("an invoice");
        assert!(!active(one), "{status:?} has a link that works");
        assert_eq!(one.customer_visible, status != InvoiceStatus::Draft);
    }
    let mut payments = Vec::new();
    for organisation in CUSTOMERS {
        let rows = demo.billing().payments(&cx(organisation), &external(organisation), None).await.expect("payments");
        payments.extend(rows.into_iter().map(|it| demo.open(it)));
    }
    use PaymentStatus::{Failed, Pending, Refunded, Succeeded};
    for status in [Failed, Pending, Refunded, Succeeded] {
        assert!(payments.iter().any(|it| it.status == status), "{status:?}");
    }
    assert!(payments.iter().filter(|it| it.status == Failed).all(|it| it.failure.is_some()));
    assert!(payments.iter().filter(|it| it.status == Refunded).all(|it| it.refunded.is_some()));
    assert!(payments.iter().any(|it| it.finance_notified == Some(false)), "finance was not told of each");
}

#[tokio::test]
async fn people_with_and_without_rights_are_there() {
    let demo = demo();
    let roles = demo.identity().access_roles(&everywhere()).await.expect("roles");
    let internal: Vec<_> = roles.iter().filter(|it| it.internal).map(|it| it.id.clone()).collect();
    assert_eq!(internal.len(), 1);
    let default: Vec<_> = roles.iter().filter(|it| it.is_default).collect();
    assert!(default.len() == 1 && default.iter().all(|it| it.rights.iter().all(|right| !right.sensitive())));
    let may = |user: &PortalUser, right| {
        user.roles.iter().any(|id| roles.iter().any(|it| it.id == *id && it.rights.contains(&right)))
    };
    for organisation in CUSTOMERS {
        let rows = demo.identity().portal_users(&cx(organisation), &external(organisation)).await.expect("users");
        let users: Vec<_> = rows.into_iter().map(|it| demo.open(it)).collect();
        assert!(users.iter().any(|it| may(it, Right::Payments)) && users.iter().any(|it| !may(it, Right::Payments)));
        assert!(users.iter().all(|it| it.roles.len() == 1 && !internal.contains(&it.roles[0])));
        for status in [LoginStatus::Active, LoginStatus::Pending, LoginStatus::Disabled] {
            assert!(users.iter().any(|it| it.status == status), "{organisation}: {status:?}");
        }
    }
}

#[tokio::test]
async fn somebody_opted_out_somebody_withdrew_and_somebody_had_enough_today() {
    let demo = demo();
    let port = demo.adapter.notifications().expect("notifications");
    let rows = port.standing(&cx("acme"), &external("acme")).await.expect("standing");
    let standing: Vec<_> = rows.into_iter().map(|it| demo.open(it)).collect();
    let of = async |local: &str| {
        let contact = demo.contact("acme", local).await;
        standing.iter().find(|it| it.contact == contact).expect("a person").clone()
    };
    assert!(of("basic").await.consented && !of("greg.ellis").await.consented && !of("omar.haddad").await.consented);
    assert!(of("rachel.adams").await.opted_out.contains(&(Topic::Update, Channel::InApp)));
    let cap = demo.portal().config(&everywhere()).await.expect("a configuration").daily_notification_cap;
    let day = Timestamp::now().saturating_sub(SignedDuration::from_hours(24)).expect("a time");
    let query = NoticeQuery {
        organisation: external("acme"),
        recipient: Some(demo.contact("acme", "alice.wong").await),
        topic: Some(Topic::Payment),
        since: Some(day),
        limit: 200,
    };
    assert_eq!(port.notices(&cx("acme"), &query).await.expect("notices").len() as u32, cap);
}

#[tokio::test]
async fn work_has_parts_for_employees_and_parts_for_customers() {
    let demo = demo();
    let port = demo.adapter.projects().expect("projects");
    let project = async |id: &str| {
        let id = ProjectId::new(id).expect("an id");
        demo.open(port.project(&everywhere(), &id).await.expect("a project"))
    };
    let wifi = project("PRJ-101").await;
    for internal in [false, true] {
        assert!(wifi.phases.iter().any(|it| it.internal == internal));
        assert!(wifi.timeline.iter().any(|it| it.internal == internal));
        assert!(wifi.files.iter().any(|it| it.1 == internal));
    }
    assert!(wifi.cost.is_some() && wifi.notes.is_some() && wifi.phases.iter().any(|it| it.milestone));
    assert!(!project("PRJ-103").await.customer_visible);
    let query = BookingQuery { organisation: None, since: None, until: None, limit: 200 };
    let rows = demo.adapter.bookings().expect("bookings").bookings(&everywhere(), &query).await.expect("bookings");
    let bookings: Vec<_> = rows.into_iter().map(|it| demo.open(it)).collect();
    assert!(bookings.iter().all(|it| it.staff.is_some()));
    assert!(bookings.iter().any(|it| it.rescheduled_from.is_some()));
}

#[tokio::test]
async fn forms_say_what_is_personal_and_questions_wait_for_review() {
    let demo = demo();
    let forms = demo.portal().forms(&everywhere()).await.expect("forms");
    let has = |class| forms.iter().flat_map(|it| &it.fields).any(|it| it.class == class);
    assert!(has(FieldClass::Plain) && has(FieldClass::Pii) && has(FieldClass::Sensitive));
    let questions = demo.portal().faq(&everywhere(), &FaqQuery::default()).await.expect("questions");
    for state in [FaqState::Draft, FaqState::Reviewed, FaqState::Published] {
        assert!(questions.iter().any(|it| it.state == state && !it.internal), "{state:?}");
    }
    assert!(questions.iter().any(|it| it.internal && it.state == FaqState::Published));
    assert!(questions.iter().any(|it| it.sensitive && it.state == FaqState::Draft));
}
