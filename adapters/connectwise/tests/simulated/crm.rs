//! Companies, contacts and who asks.

use crate::setup::*;
use postern_api::*;

/// A company, whichever it is.
async fn organisation(desk: &Desk, id: &str) -> Organisation {
    let row = desk.crm().organisation(&cx(Reach::Tenant), &ext(id)).await.expect("a company");
    let any = OrganisationId::new("any").expect("an id");
    let map = OrganisationMap::new([(any.clone(), ext(id))]);
    Scope::organisation(TenantId::new("msp").expect("an id"), any).admit(&map, row).expect("its own").record
}

#[tokio::test]
async fn a_company_says_what_it_agreed_to() {
    let desk = desk().await;
    let acme = organisation(&desk, ACME).await;
    assert_eq!((acme.name.as_str(), acme.status), ("Acme", OrganisationStatus::Active));
    assert_eq!(acme.domains, ["acme.example", "acme.test"]);
    assert_eq!(acme.subscription_tier.as_deref(), Some("professional"), "the others ended or were cancelled");
    assert_eq!(acme.sla_tier.as_deref(), Some("Gold"));
    assert_eq!(acme.limits, Limits { tickets_per_month: Some(50), contacts: None });
    clean(&acme);
    let globex = organisation(&desk, GLOBEX).await;
    assert_eq!(
        (globex.status, globex.subscription_tier.as_deref()),
        (OrganisationStatus::Suspended, Some("enterprise"))
    );
    assert_eq!(globex.domains, Vec::<String>::new(), "a website is no proof of an address");
    assert_eq!(organisation(&desk, "14").await.status, OrganisationStatus::Closed, "deleted");
}

#[tokio::test]
async fn without_configured_agreements_none_are_read() {
    let desk = desk_with(|it| it.tiers.clear()).await;
    assert_eq!(organisation(&desk, ACME).await.subscription_tier.as_deref(), Some("basic"), "its own field");
    assert_eq!(desk.asked("GET", "finance/agreements").len(), 0);
    let held = desk_with(|it| {
        it.company_statuses.insert("7".into(), OrganisationStatus::Active);
    })
    .await;
    assert_eq!(organisation(&held, GLOBEX).await.status, OrganisationStatus::Active, "as configured");
}

#[tokio::test]
async fn a_limit_that_cannot_be_read_is_not_the_same_as_none() {
    let desk = desk_with(|it| it.organisation_fields.tickets_per_month = Some(43)).await;
    let error = desk.crm().organisation(&acme(), &ext(ACME)).await.expect_err("`basic` is no number");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

#[tokio::test]
async fn contacts_come_by_name_without_what_is_private() {
    let desk = desk().await;
    let rows = opened(desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts"));
    let names: Vec<&str> = rows.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Ann Lead", "Bob Basic", "Old Timer", "Twin One", "Twin Two"]);
    assert!(rows[0].active && !rows[2].active);
    assert_eq!(
        (rows[0].email.as_deref(), rows[0].phone.as_deref()),
        (Some("ann.lead@acme.example"), Some("8139357100"))
    );
    clean(&rows);
    assert!(opened(desk.crm().contacts(&acme(), &ext(GLOBEX)).await.expect("nothing")).is_empty());
    let row = desk.crm().contact(&acme(), &cid("88")).await.expect("a row");
    assert_eq!(open(row).map(|it| it.id).expect_err("Globex's"), Owner::Organisation(ext(GLOBEX)));
}

#[tokio::test]
async fn b03_contacts_of_others_are_not_opened() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_conditions = true);
    let rows = desk.crm().contacts(&acme(), &ext(ACME)).await.expect("contacts");
    assert!(!format!("{rows:?}").contains("Gil"));
    assert_eq!(
        rows.into_iter().filter_map(|it| open(it).err()).collect::<Vec<_>>(),
        [Owner::Organisation(ext(GLOBEX))]
    );
    let nobody = desk.desk().requester(&acme(), &ext(ACME), "gil@globex.example").await.expect("an answer");
    assert!(nobody.is_none());
}

#[tokio::test]
async fn a_requester_is_found_by_address_in_any_case_and_once() {
    let desk = desk().await;
    let find = async |email: &str| desk.desk().requester(&acme(), &ext(ACME), email).await;
    let ann = find("ANN.lead@acme.example").await.expect("an answer").expect("Ann");
    let ann = open(ann).expect("Acme's");
    assert_eq!(
        (ann.contact, ann.name.as_str(), ann.email.as_deref()),
        (Some(cid(ANN)), "Ann Lead", Some("ann.lead@acme.example"))
    );
    let asked = desk.asked("GET", "company/contacts");
    assert_eq!(parameter(&asked[0], "conditions").as_deref(), Some("company/id=12"));
    let child = "communicationItems/value=\"ann.lead@acme.example\"";
    assert_eq!(parameter(&asked[0], "childConditions").as_deref(), Some(child));
    assert_eq!(find("twin@acme.example").await.expect_err("two of them").kind(), ErrorKind::Conflict);
    for nobody in ["old@acme.example", "gil@globex.example", "8139357100", "nobody@acme.example", ""] {
        assert!(find(nobody).await.expect("an answer").is_none(), "{nobody}");
    }
}

#[tokio::test]
async fn b16_an_address_that_would_leave_its_literal_is_nobodys_and_asks_nothing() {
    let desk = desk().await;
    for bad in ["\" or company/id=13", "a\\\"@x.example", "*@acme.example", "%", "a'b@acme.example", "a\r\nb@x.example"]
    {
        assert!(desk.desk().requester(&acme(), &ext(ACME), bad).await.expect("an answer").is_none(), "{bad}");
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn the_directory_has_every_company_that_was_not_deleted_page_by_page_and_bounded() {
    let desk = desk_with(|it| (it.page_size, it.max_rows) = (1, 10)).await;
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    let entries: Vec<_> =
        found.entries.iter().map(|it| (it.id.as_str(), it.name.as_str(), it.active, it.domains.len())).collect();
    assert_eq!(entries, [(ACME, "Acme", true, 2), (GLOBEX, "Globex", false, 0)], "a credit hold is not served");
    assert!(!found.truncated);
    clean(&found);
    let pages = desk.asked("GET", "company/companies");
    let after: Vec<_> = pages.iter().filter_map(|it| parameter(it, "pageId")).collect();
    assert_eq!(after, ["0", ACME, GLOBEX]);
    assert_eq!(parameter(&pages[0], "conditions").as_deref(), Some("deletedFlag=False"));
    desk.state().quirks(|it| it.ignore_conditions = true);
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    assert_eq!(found.entries.iter().filter(|it| it.active).count(), 1, "a deleted one is not served either");
    desk.state().log.clear();
    desk.state().quirks(|it| it.endless_pages = true);
    let found = desk.crm().directory(&cx(Reach::Tenant)).await.expect("a directory");
    assert!(found.truncated && found.entries.len() <= 10);
    assert!(desk.asked("GET", "company/companies").len() <= 22, "bounded");
}
