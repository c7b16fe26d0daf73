//! A tenant whose customers' logins are in Keycloak, and everything else with Postern: what the tools do to a realm.

use crate::gateway::Gateway;
use postern_api::{ExternalId, OrganisationId};
use postern_keycloak::{AccessRoleConfig, Config};
use postern_simulators::Running;
use postern_simulators::keycloak::{self, ALICE, BOB, GLOBEX_USER, LEAD, State, Trip};
use serde_json::{Value, json};

const PREVIEW: &str = "portal.access_scope.preview";
const ROLES: &str = "portal.user.role_update";
const RESET: &str = "portal.user.access_reset";
const TRANSFER: &str = "customer_transfer_lead";

/// The gateway and the realm.
struct World {
    gateway: Gateway,
    realm: Running<State>,
}

fn settings(url: &str) -> Config {
    let rights = |it: Value| AccessRoleConfig { rights: serde_json::from_value(it).unwrap(), ..Default::default() };
    let mut config = Config::new(url, keycloak::REALM, keycloak::CLIENT_ID, keycloak::CLIENT_SECRET.to_owned());
    config.access_roles = [
        ("viewer".to_owned(), AccessRoleConfig { default: true, ..rights(json!(["documents", "bookings"])) }),
        ("member".to_owned(), rights(json!(["documents", "bookings", "orders"]))),
        ("manager".to_owned(), rights(json!(["documents", "invoices", "payments", "user_management"]))),
        ("everything".to_owned(), rights(json!(["documents"]))),
        ("msp-operator".to_owned(), AccessRoleConfig { internal: true, ..Default::default() }),
    ]
    .into();
    config
}

impl World {
    async fn start() -> Self {
        let realm = keycloak::start().await.unwrap();
        let gateway = Gateway::with(|config| {
            let tenant = config.tenants.first_mut().unwrap();
            let system = postern::config::SystemConfig::Keycloak(Box::new(settings(&realm.url)), Default::default());
            tenant.systems.insert("directory".into(), system);
            tenant.ports.identity = "directory".into();
            for name in ["acme", "globex", "initech"] {
                let ids = tenant.organisations.get_mut(&OrganisationId::new(name).unwrap()).unwrap();
                ids.insert("directory".into(), ExternalId::new(name).unwrap());
            }
        })
        .await;
        Self { gateway, realm }
    }

    /// What was changed in the realm, in short.
    fn writes(&self) -> Vec<String> {
        let all = self.realm.state.log.all().into_iter();
        let writes = all.filter(|it| it.method != "GET" && it.path.starts_with("/admin"));
        writes.map(|it| format!("{} {}", it.method, it.path.trim_start_matches("/admin/realms/customers/"))).collect()
    }

    fn held(&self, id: &str) -> Vec<String> {
        self.realm.state.data(|it| it.roles_of(id).into_iter().map(str::to_owned).collect())
    }

    fn fails(&self, method: &str, path: &str, times: u32) {
        let body = r#"{"error":"unknown_error","error_description":"KEYCLOAKWORDS77"}"#.into();
        let (method, path) = (method.into(), path.into());
        self.realm.state.trip(Trip { method, path, times, status: 500, body, ..Trip::default() });
    }

    /// Hands the lead role of Acme to Bob, confirmed; the envelope.
    async fn hand_over(&self) -> Value {
        let lead = self.gateway.person("lead@acme.example");
        let id = lead.pending(TRANSFER, json!({ "new_lead_contact_id": BOB, "reason": "Off on leave." })).await;
        lead.settle(&id, true).await.1
    }
}

fn roles(user: &str, ids: &[&str]) -> Value {
    json!({ "customer_id": "acme", "user_id": user, "role_ids": ids })
}

/// Nothing of what a realm keeps for itself is in what was told or audited.
fn tells_no_secret(world: &World, told: &[&Value]) {
    let mut texts: Vec<String> = told.iter().map(ToString::to_string).collect();
    texts.extend(world.gateway.rows().iter().map(ToString::to_string));
    let mails = world.realm.state.data(|it| it.mails.clone());
    let kept = ["CREDENTIAL77", "OTPSEED77", "SESSION77", "SMTPSECRET77", "KEYCLOAKWORDS77", keycloak::CLIENT_SECRET];
    for secret in kept.into_iter().chain(mails.iter().map(|it| it.token.as_str())) {
        assert!(!texts.iter().any(|it| it.contains(secret)), "{secret}");
    }
}

#[tokio::test]
async fn people_roles_and_sign_in_rules_come_from_the_realm_and_no_secret_with_them() {
    let world = World::start().await;
    let admin = world.gateway.person("admin@msp.example");
    let users = admin.data("portal.portal_users.list", json!({ "customer_id": "acme" })).await;
    let ids: Vec<_> = users["users"].as_array().unwrap().iter().map(|it| it["user_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [ALICE, BOB, LEAD]);
    assert_eq!(users["users"][0]["two_factor"], true);
    let roles = admin.data("portal.access_roles.list", json!({})).await;
    let internal = roles["roles"].as_array().unwrap().iter().filter(|it| it["is_internal"] == true);
    let internal: Vec<_> = internal.map(|it| it["role_id"].as_str().unwrap()).collect();
    assert_eq!(internal, ["msp-operator", "everything"], "the composite one is nobody's to give");
    let policy = admin.data("portal.auth_policy.get", json!({})).await;
    assert_eq!((&policy["password_min_length"], &policy["lockout_after"]), (&json!(12), &json!(30)));
    let events = admin.data("portal.access_logs.list", json!({ "customer_id": "acme" })).await;
    assert!(!events["events"].as_array().unwrap().is_empty());
    tells_no_secret(&world, &[&users, &roles, &policy, &events]);
    assert_eq!(world.writes(), [""; 0]);
}

/// Rule 3: the row says whose it is, whatever was asked for.
#[tokio::test]
async fn a_realm_that_sends_everybodys_users_shows_nobody_elses() {
    let world = World::start().await;
    world.realm.state.quirks(|it| it.ignore_query = true);
    let admin = world.gateway.person("admin@msp.example");
    let before = world.gateway.rows().len();
    let users = admin.data("portal.portal_users.list", json!({ "customer_id": "acme" })).await;
    assert_eq!(users["users"].as_array().unwrap().len(), 3);
    assert!(!users.to_string().contains("globex.example") && !users.to_string().contains("helper"), "{users}");
    let row = world.gateway.rows_after(before).await.pop().unwrap();
    assert!(row.to_string().contains("\"dropped\":"), "{row}");
}

#[tokio::test]
async fn a_realm_whose_users_say_whose_they_are_answers_nothing() {
    let world = World::start().await;
    world.realm.state.data(|it| it.profile["unmanagedAttributePolicy"] = json!("ENABLED"));
    let admin = world.gateway.person("admin@msp.example");
    let envelope = admin.ask("portal.portal_users.list", json!({ "customer_id": "acme" })).await;
    assert_eq!(envelope["status"], "error", "{envelope}");
    assert!(!envelope.to_string().contains(BOB));
}

#[tokio::test]
async fn other_access_roles_are_previewed_approved_and_given_once() {
    let world = World::start().await;
    let lead = world.gateway.person("service-lead@msp.example");
    let (id, waiting) = lead.waits(PREVIEW, roles(BOB, &["manager"])).await;
    assert!(waiting["data"]["effect"]["rights_gained"].to_string().contains("payments"));
    assert_eq!(world.writes(), [""; 0], "a preview changes nothing");
    assert!(world.gateway.decide(&id, true));
    let done = lead.data(ROLES, json!({ "preview_id": id })).await;
    assert_eq!(done["role_ids"], json!(["manager"]));
    assert_eq!(world.held(BOB), ["basic-customer", "manager"]);
    let writes = world.writes();
    assert_eq!(lead.data(ROLES, json!({ "preview_id": id })).await, done);
    assert_eq!(world.writes(), writes, "the same preview again sends nothing");
}

#[tokio::test]
async fn a_role_of_the_providers_own_and_anothers_user_are_out_of_the_question() {
    let world = World::start().await;
    let lead = world.gateway.person("service-lead@msp.example");
    for (arguments, code) in [
        (roles(BOB, &["msp-operator"]), "BLOCKED_BY_RULE"),
        (roles(BOB, &["everything"]), "BLOCKED_BY_RULE"),
        (roles(BOB, &["nobody"]), "VALIDATION_ERROR"),
        (roles(GLOBEX_USER, &["member"]), "CONTACT_NOT_FOUND"),
        (roles("00000000-0000-4000-8000-000000000000", &["member"]), "CONTACT_NOT_FOUND"),
    ] {
        assert_eq!(lead.code(PREVIEW, arguments.clone()).await, code, "{arguments}");
    }
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test]
async fn w02_roles_that_an_administrator_of_the_realm_changed_meanwhile_are_stale() {
    let world = World::start().await;
    let lead = world.gateway.person("service-lead@msp.example");
    let (id, _) = lead.waits(PREVIEW, roles(BOB, &["member"])).await;
    assert!(world.gateway.decide(&id, true));
    world.realm.state.data(|it| it.direct.insert(BOB.into(), ["basic-customer".to_owned()].into()));
    assert_eq!(lead.code(ROLES, json!({ "preview_id": id })).await, "PREVIEW_STALE");
    assert_eq!(world.held(BOB), ["basic-customer"]);
}

#[tokio::test]
async fn a_reset_is_confirmed_and_that_person_alone_is_told() {
    let world = World::start().await;
    let admin = world.gateway.person("admin@msp.example");
    let reset = |what: &str| {
        json!({ "customer_id": "acme", "user_id": ALICE, "reset": what, "reason": "Asked for it.",
            "identity_verified_by": "called back on the number on file" })
    };
    let mut told = Vec::new();
    let notices = "notice WHERE topic = 'security' AND subject = 'About your login'
        AND recipient = (SELECT key FROM contact WHERE email = 'alice.wong@acme.example' AND tenant = 'msp-example')";
    let before = world.gateway.count(notices);
    for (what, message, notification) in [
        ("password_reset", "Done, and that person was told", "not_asked"),
        ("two_factor_reset", "Done, and that person was told", "sent"),
        ("disable", "Done, and that person was told", "sent"),
    ] {
        let before = world.writes().len();
        let id = admin.pending(RESET, reset(what)).await;
        assert_eq!(world.writes().len(), before, "asking changes nothing");
        let (_, done) = admin.settle(&id, true).await;
        assert_eq!(done["data"]["message"], message, "{done}");
        assert_eq!(done["data"]["notification"], notification, "{done}");
        told.push(done);
    }
    assert_eq!(world.gateway.count(notices), before + 2, "the directory mails links; of the rest we tell");
    assert_eq!(world.gateway.count("notification WHERE text LIKE '%switched off%'"), 1);
    let mails = world.realm.state.data(|it| it.mails.clone());
    assert_eq!(mails.iter().map(|it| it.to.as_str()).collect::<Vec<_>>(), ["alice.wong@acme.example"]);
    assert!(world.realm.state.data(|it| it.sessions.is_empty()), "who is switched off has no session");
    tells_no_secret(&world, &told.iter().collect::<Vec<_>>());
    assert_eq!(admin.code(RESET, reset("disable")).await, "CONFLICT");
    let events = admin.data("portal.access_logs.list", json!({ "customer_id": "acme", "kinds": ["reset"] })).await;
    assert_eq!(events["events"].as_array().unwrap().len(), 3, "{events}");
}

/// Telling somebody undoes nothing: the login is off, and the answer says that nobody could be told.
#[tokio::test]
async fn a_reset_of_which_nobody_could_be_told_says_so() {
    let world = World::start().await;
    world.gateway.sql("UPDATE contact SET email = 'a.wong@acme.example' WHERE email = 'alice.wong@acme.example' AND tenant = 'msp-example'");
    let admin = world.gateway.person("admin@msp.example");
    let off = json!({ "customer_id": "acme", "user_id": ALICE, "reset": "disable", "reason": "Left." });
    let id = admin.pending(RESET, off).await;
    let (_, done) = admin.settle(&id, true).await;
    assert_eq!(
        (&done["data"]["status"], &done["data"]["notification"]),
        (&json!("disabled"), &json!("failed")),
        "{done}"
    );
    assert!(done["data"]["message"].as_str().unwrap().contains("tell that person"), "{done}");
}

#[tokio::test]
async fn words_that_no_invitation_carries_are_refused_before_anybody_is_asked() {
    let world = World::start().await;
    let lead = world.gateway.person("service-lead@msp.example");
    let email = "new.one@initech.example";
    let activation = json!({ "customer_id": "initech",
        "users": [{ "email": email, "first_name": "New", "last_name": "One", "role_id": "viewer" }] });
    let (id, _) = lead.waits("portal.activation.preview", activation).await;
    assert!(world.gateway.decide(&id, true));
    let worded = json!({ "activation_preview_id": id, "email": email, "message": "Come in." });
    let refused = lead.ask("portal.user.invite", worded).await;
    assert_eq!(refused["code"], "VALIDATION_ERROR", "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("`message`"), "{refused}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test]
async fn somebody_is_invited_as_approved_by_a_mail_of_the_realms_own() {
    let world = World::start().await;
    let lead = world.gateway.person("service-lead@msp.example");
    let email = "new.one@initech.example";
    let activation = json!({
        "customer_id": "initech", "welcome_text": "Welcome, Initech.",
        "users": [{ "email": email, "first_name": "New", "last_name": "One", "role_id": "viewer" }],
    });
    let (id, _) = lead.waits("portal.activation.preview", activation).await;
    assert!(world.gateway.decide(&id, true));
    lead.data("portal.workspace.create", json!({ "preview_id": id })).await;
    assert_eq!(world.writes(), [""; 0]);
    let invite = json!({ "activation_preview_id": id, "email": email });
    let invited = lead.data("portal.user.invite", invite.clone()).await;
    assert_eq!(invited["status"], "pending");
    let mails = world.realm.state.data(|it| it.mails.clone());
    assert_eq!(mails.iter().map(|it| it.to.as_str()).collect::<Vec<_>>(), [email]);
    tells_no_secret(&world, &[&invited]);
    let again = json!({ "activation_preview_id": id, "email": email, "idempotency_key": "k" });
    assert_eq!(lead.code("portal.user.invite", again).await, "CONTACT_EXISTS");
}

#[tokio::test]
async fn the_lead_role_moves_in_the_realm_and_both_contacts_are_told() {
    let world = World::start().await;
    let done = world.hand_over().await;
    assert_eq!(done["status"], "success", "{done}");
    assert!(done["data"]["message"].as_str().unwrap().contains("both contacts were told"), "{done}");
    let told = "notice WHERE subject = 'The lead contact has changed' AND topic = 'security'";
    assert_eq!(world.gateway.count(told), 2);
    assert_eq!((world.held(LEAD), world.held(BOB)), (words("basic-customer manager"), words("lead-customer viewer")));
}

#[tokio::test]
async fn a_lead_role_that_cannot_move_whole_does_not_move() {
    let world = World::start().await;
    world.fails("POST", &format!("users/{BOB}/role-mappings/realm"), 1);
    let told = world.hand_over().await;
    assert_eq!(told["status"], "error", "{told}");
    assert_eq!((world.held(LEAD), world.held(BOB)), (words("lead-customer manager"), words("basic-customer viewer")));
    tells_no_secret(&world, &[&told]);
    assert_eq!(world.hand_over().await["status"], "success", "nothing stands in the way afterwards");
}

#[tokio::test]
async fn a_lead_role_that_is_half_moved_is_told_as_unknown() {
    let world = World::start().await;
    world.fails("POST", "role-mappings/realm", 0);
    let told = world.hand_over().await;
    assert_eq!(told["status"], "unknown", "{told}");
    assert!(!world.held(LEAD).contains(&"lead-customer".to_owned()), "rather no lead than two");
    tells_no_secret(&world, &[&told]);
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// A customer's portal rights are those of the realm's roles.
#[tokio::test]
async fn what_a_customer_may_see_follows_the_realms_roles() {
    let world = World::start().await;
    let lead = world.gateway.person("lead@acme.example");
    lead.data("portal.invoices.list", json!({})).await;
    world.realm.state.data(|it| it.direct.insert(LEAD.into(), ["lead-customer", "viewer"].map(str::to_owned).into()));
    assert_eq!(lead.code("portal.invoices.list", json!({})).await, "ACCESS_DENIED");
    world.realm.state.data(|it| it.by_group.insert(LEAD.into(), ["manager".to_owned()].into()));
    lead.data("portal.invoices.list", json!({})).await;
    world.realm.state.data(|it| it.user(LEAD).unwrap()["enabled"] = json!(false));
    assert_eq!(lead.code("portal.invoices.list", json!({})).await, "ACCESS_DENIED");
}
