//! Customer records in HubSpot: tickets, logins and everything else are Postern's.

use super::{BASIC, GLOBEX_LEAD, LEAD, NAME, SERVICE_LEAD, SUPPORT, fast, gateway};
use crate::gateway::Gateway;
use crate::support::column;
use postern::config::SystemConfig;
use postern_hubspot::Config;
use postern_simulators::Running;
use postern_simulators::hubspot::{self, ACCOUNT, ACME, GLOBEX, GLOBEX_USER, REFERENCE, State, TOKEN};
use reqwest::StatusCode;
use serde_json::{Value, json};

const CUSTOMER: &str = "portal.customer.get";
const PREVIEW: &str = "portal.profile_update.preview";
const UPDATE: &str = "portal.customer_profile.update";
const FAQ: &str = "portal.faq_entries.list";
/// Two more contacts of Acme, whose addresses are those that sign in.
const JANE: u64 = 51_000_101;
const BOB: u64 = 51_000_102;

struct World {
    gateway: Gateway,
    hubspot: Running<State>,
}

impl World {
    async fn start() -> Self {
        Self::with(Some(REFERENCE)).await
    }

    async fn with(reference: Option<&str>) -> Self {
        let hubspot = hubspot::start().await.unwrap();
        hubspot.state.data(|data| {
            for (id, first, last, email) in [(JANE, "Jane", "Smith", LEAD), (BOB, "Bob", "Miller", BASIC)] {
                data.associations.push((ACME, id));
                data.contacts.push(json!({ "id": id.to_string(), "archived": false, "properties": {
                    "firstname": first, "lastname": last, "email": email, "phone": "+1 202 555 0171",
                    "jobtitle": "Clerk", "associatedcompanyid": ACME.to_string(), "notes": "CANARY-NOTE",
                } }));
            }
        });
        let mut config = Config::new(&hubspot.url, ACCOUNT, TOKEN);
        config.reference_property = reference.map(str::to_owned);
        config.organisation_fields.subscription_tier = Some("tier".into());
        let system = SystemConfig::HubSpot(Box::new(config), fast());
        let customers = [("acme", ACME.to_string()), ("globex", GLOBEX.to_string())];
        let gateway = gateway(system, customers, |ports| ports.crm = NAME.into()).await;
        Self { gateway, hubspot }
    }

    /// A property as it stands over there.
    fn kept(&self, id: u64, property: &str) -> Value {
        let id = Value::from(id.to_string());
        self.hubspot.state.data(|data| {
            let mut all = data.companies.iter().chain(&data.contacts);
            all.find(|it| it["id"] == id).unwrap()["properties"][property].clone()
        })
    }

    /// Changes that were made, and changes that were sent.
    fn writes(&self) -> (u32, usize) {
        let sent = self.hubspot.state.log.all().iter().filter(|it| it.method == "PATCH").count();
        (self.hubspot.state.data(|it| it.writes), sent)
    }

    /// Previews another number of the company, as its lead; the id, approved.
    async fn approved(&self) -> String {
        let lead = self.gateway.person(LEAD);
        let (id, _) = lead.waits(PREVIEW, company_phone()).await;
        assert!(self.gateway.decide(&id, true));
        id
    }
}

fn company_phone() -> Value {
    json!({ "changes": { "company_phone": "+49 30 4444" }, "for_customer": true })
}

#[tokio::test]
async fn a_customer_reads_the_own_company_and_its_people_and_nothing_else_of_the_account() {
    let world = World::start().await;
    let lead = world.gateway.person(LEAD).data(CUSTOMER, json!({})).await;
    assert_eq!((&lead["name"], &lead["domain"]), (&json!("Acme GmbH"), &json!("acme.example")));
    assert_eq!((&lead["phone"], &lead["website"]), (&json!("+49 30 1000"), &json!("hxxps://acme.example")));
    assert_eq!(lead["subscription_tier"], "enterprise");
    let names = ["Ann Lead", "Bob Basic", "Bob Miller", "Jane Smith"];
    assert_eq!(column(&lead["contacts"], "contact_id").len(), names.len(), "{lead}");
    let staff = world.gateway.person(SERVICE_LEAD).data(CUSTOMER, json!({ "customer_id": "acme" })).await;
    assert_eq!(column(&staff["contacts"], "name"), names);
    let bob = world.gateway.person(BASIC).data(CUSTOMER, json!({})).await;
    assert_eq!(column(&bob["contacts"], "contact_id"), [BOB.to_string()], "oneself alone");
    for answer in [&lead, &staff, &bob] {
        assert!(!answer.to_string().contains("CANARY"), "{answer}");
    }
    // A server that connects everybody with everything shows nobody more.
    world.hubspot.state.quirks(|it| it.mix_companies = true);
    assert_eq!(world.gateway.person(LEAD).data(CUSTOMER, json!({})).await, lead);
    assert_eq!(world.hubspot.state.outside(), [""; 0]);
    assert_eq!(world.writes(), (0, 0));
}

#[tokio::test]
async fn b01_another_company_of_the_account_is_as_one_that_is_not_there() {
    let world = World::start().await;
    let lead = world.gateway.person(LEAD);
    let mut answers = Vec::new();
    for other in ["globex", "nobody", "41000002"] {
        let mut answer = lead.ask(CUSTOMER, json!({ "customer_id": other })).await;
        answer["request_id"].take();
        answers.push(answer);
    }
    assert_eq!(answers[0]["code"], "ORGANIZATION_NOT_FOUND");
    assert_eq!((&answers[1], &answers[2]), (&answers[0], &answers[0]));
    let globex = world.gateway.person(GLOBEX_LEAD).data(CUSTOMER, json!({})).await;
    assert_eq!(globex["name"], "CANARY-GLOBEX", "the own one");
    for foreign in [GLOBEX_USER.to_string(), "51000004".into(), "51000005".into(), "51999999".into()] {
        let order = json!({ "changes": { "title": "Boss" }, "contact_id": foreign });
        assert_eq!(lead.code(PREVIEW, order).await, "CONTACT_NOT_FOUND", "{foreign}");
    }
    assert_eq!(world.writes(), (0, 0));
}

/// What a customer subscribes to stands in HubSpot; what is for whom of the portal follows it.
#[tokio::test]
async fn which_answers_a_customer_reads_follows_the_companys_tier_over_there() {
    let world = World::start().await;
    let lead = world.gateway.person(LEAD);
    assert_eq!(lead.data(FAQ, json!({})).await["pagination"]["total"], 4);
    world.hubspot.state.data(|it| it.companies[0]["properties"]["tier"] = json!("basic"));
    assert_eq!(lead.data(FAQ, json!({})).await["pagination"]["total"], 3, "one is for enterprises");
}

#[tokio::test]
async fn the_own_number_is_changed_at_once_and_once() {
    let world = World::start().await;
    let bob = world.gateway.person(BASIC);
    let preview = bob.data(PREVIEW, json!({ "changes": { "phone": "+1 202 555 0999" } })).await;
    assert_eq!(preview["needs"], "nothing", "{preview}");
    assert!(preview["summary"].as_str().unwrap().contains("+1 202 555 0171"), "{preview}");
    assert_eq!(world.writes(), (0, 0), "looking writes nothing");
    let named = json!({ "preview_id": preview["preview_id"] });
    let done = bob.data(UPDATE, named.clone()).await;
    assert_eq!(bob.data(UPDATE, named).await, done);
    assert_eq!(world.writes(), (1, 1));
    assert_eq!(
        (world.kept(BOB, "phone"), world.kept(JANE, "phone")),
        (json!("+1 202 555 0999"), json!("+1 202 555 0171"))
    );
    // A name is two properties there: what cannot be written is refused before anything is.
    for (field, value) in [("name", "Robert Miller"), ("company_address", "Elsewhere 1")] {
        let order = json!({ "changes": { field: value }, "for_customer": field == "company_address" });
        assert_eq!(world.gateway.person(LEAD).code(PREVIEW, order).await, "VALIDATION_ERROR", "{field}");
    }
}

#[tokio::test]
async fn what_a_lead_changes_of_the_company_is_approved_by_the_right_role_and_made_once() {
    let world = World::start().await;
    let lead = world.gateway.person(LEAD);
    let basic = world.gateway.person(BASIC);
    assert_eq!(basic.code(PREVIEW, company_phone()).await, "LEAD_REQUIRED");
    let (id, waiting) = lead.waits(PREVIEW, company_phone()).await;
    let text = waiting["message"].as_str().unwrap();
    assert!(text.contains("+49 30 1000") && text.contains("+49 30 4444"), "{waiting}");
    for email in [LEAD, BASIC, "finance@msp.example"] {
        let person = world.gateway.person(email);
        assert_eq!(world.gateway.approves(&person, &id).await, StatusCode::NOT_FOUND, "{email}");
        assert_eq!(lead.ask(UPDATE, json!({ "preview_id": id })).await["status"], "pending_approval", "{email}");
    }
    assert_eq!(world.writes(), (0, 0));
    let support = world.gateway.person(SUPPORT);
    assert_eq!(world.gateway.approves(&support, &id).await, StatusCode::OK);
    let done = lead.data(UPDATE, json!({ "preview_id": id })).await;
    assert_eq!(done["changed"], json!(["company_phone"]));
    assert_eq!(lead.data(UPDATE, json!({ "preview_id": id })).await, done);
    assert_eq!(world.writes(), (1, 1));
    assert_eq!((world.kept(ACME, "phone"), world.kept(GLOBEX, "phone")), (json!("+49 30 4444"), json!("+49 30 1000")));
    let reference = world.kept(ACME, REFERENCE);
    assert!(reference.as_str().unwrap().starts_with("gw:"), "{reference}");
    assert_eq!(lead.data(CUSTOMER, json!({})).await["phone"], "+49 30 4444");
}

/// Answered with a failure or not at all, the change was made: it ends as done or unknown, and is never made twice.
#[tokio::test]
async fn w09_a_change_whose_answer_got_lost_is_made_once_and_never_told_as_failed() {
    for silent in [true, false] {
        let world = World::start().await;
        let lead = world.gateway.person(LEAD);
        let id = world.approved().await;
        world.hubspot.state.quirks(|it| (it.stall_after_commit, it.fail_after_commit) = (silent, !silent));
        let ends = |answer: &Value| ["success", "unknown"].contains(&answer["status"].as_str().unwrap());
        let lost = lead.ask(UPDATE, json!({ "preview_id": id })).await;
        assert!(ends(&lost), "{lost}");
        assert!(!lost.to_string().contains("CANARY"), "{lost}");
        assert_eq!(world.writes().0, 1, "silent: {silent}");
        world.hubspot.state.quirks(|it| (it.stall_after_commit, it.fail_after_commit) = (false, false));
        for _ in 0..2 {
            let again = lead.ask(UPDATE, json!({ "preview_id": id })).await;
            assert!(ends(&again), "silent: {silent}: {again}");
        }
        assert_eq!((world.writes().0, world.kept(ACME, "phone")), (1, json!("+49 30 4444")), "silent: {silent}");
    }
}

#[tokio::test]
async fn w02_a_record_that_somebody_changed_over_there_meanwhile_is_stale() {
    let world = World::start().await;
    let id = world.approved().await;
    world.hubspot.state.data(|it| it.companies[0]["properties"]["phone"] = json!("+49 30 5555"));
    assert_eq!(world.gateway.person(LEAD).code(UPDATE, json!({ "preview_id": id })).await, "PREVIEW_STALE");
    assert_eq!((world.writes(), world.kept(ACME, "phone")), ((0, 0), json!("+49 30 5555")));
}

#[tokio::test]
async fn an_account_without_a_property_for_our_reference_is_read_and_never_changed() {
    let world = World::with(None).await;
    let lead = world.gateway.person(LEAD);
    assert_eq!(lead.data(CUSTOMER, json!({})).await["name"], "Acme GmbH");
    // Said by the preview, and to a customer without what the system is called here.
    let refused = lead.ask(PREVIEW, company_phone()).await;
    assert_eq!(refused["code"], "NOT_SUPPORTED", "{refused}");
    assert!(!refused.to_string().contains(NAME), "{refused}");
    assert_eq!((world.writes(), world.kept(ACME, "phone")), ((0, 0), json!("+49 30 1000")));
}
