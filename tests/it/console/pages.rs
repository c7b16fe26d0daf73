//! What each page shows, to whom, and what it takes to change something.

use super::{Browser, HOSTILE, Method, OTHER_TENANT, RevokedBy, StatusCode, TENANT};
use crate::gateway::{Gateway, rows};
use crate::rig::{self, Rig};
use postern::call::audit::Pages;
use postern::call::host::{Answer, Call, Host};
use serde_json::{Value, json};

const OWN: [&str; 4] = ["/console", "/console/clients", "/console/confirmations", "/console/activity"];
const ADMIN: [&str; 6] = [
    "/console/admin/clients",
    "/console/admin/tools",
    "/console/admin/integrations",
    "/console/admin/organisations",
    "/console/admin/audit",
    "/console/admin/audit/export",
];

#[tokio::test]
async fn o28_every_page_is_kept_by_nobody_framed_by_nobody_and_loads_nothing_of_anybody_else() {
    let gateway = Gateway::start().await;
    let admin = gateway.person("admin@msp.example");
    let browser = Browser::of(&gateway, Some(&admin));
    for path in OWN.iter().chain(&ADMIN).chain(&["/console/nowhere", "/console/confirmations/conf-none"]) {
        let page = browser.get(path).await;
        let header = |name: &str| page.headers.get(name).unwrap().to_str().unwrap();
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        for attribute in ["src=\"", "href=\"", "action=\""] {
            for rest in page.text.split(attribute).skip(1) {
                let ours = rest.starts_with('/') && !rest.starts_with("//") || rest.starts_with(['#', '?']);
                let opens = ["cursor:", "vscode:", "vscode-insiders:"].iter().any(|it| rest.starts_with(it));
                let start: String = rest.chars().take(60).collect();
                assert!(ours || opens, "{path} names {start}");
            }
        }
        assert!(!page.text.contains(" style=") && !page.text.contains("<style"), "{path}");
    }
}

#[tokio::test]
async fn o12_a_hostile_client_name_is_a_line_of_text() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    for path in ["/console/clients", "/console/clients/g-hostile/revoke"] {
        let page = Browser::of(&gateway, Some(&lead)).get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("alert("), "the name is there");
        for raw in [HOSTILE, "<script>", "<img", "\u{202e}", "\u{200b}"] {
            assert!(!page.text.contains(raw), "{path} holds {raw:?}");
        }
    }
}

#[tokio::test]
async fn w06_only_a_form_of_the_persons_own_session_confirms() {
    let gateway = Gateway::start().await;
    let agent = gateway.person("support-write@msp.example");
    let browser = Browser::of(&gateway, Some(&agent));
    let tickets = agent.data("search_tickets", json!({})).await;
    let ticket = tickets["tickets"][0]["ticket_id"].as_str().unwrap().to_owned();
    let escalate = json!({ "ticket_id": ticket, "target": "<b>canary</b> team", "reason": "turned \u{202e}around" });
    let id = agent.pending("escalate_ticket", escalate).await;
    let path = format!("/console/confirmations/{id}");
    let before = gateway.rows().len();
    // Looking, by whomever, changes nothing; and what is shown is the arguments, visible and escaped.
    for method in [Method::GET, Method::HEAD, Method::GET] {
        assert_eq!(browser.send(method, &path, &[], &[("sec-purpose", "prefetch")]).await.status, 200);
    }
    let page = browser.get(&format!("{path}?decision=confirm&csrf={}", browser.csrf())).await;
    assert!(page.text.contains("canary") && page.text.contains("turned [U+202E]around"), "{}", page.text);
    assert!(!page.text.contains("<b>canary") && page.text.contains(&ticket));
    let csrf = browser.csrf();
    let other = gateway.person("support-read@msp.example");
    let theirs = Browser::of(&gateway, Some(&other)).csrf();
    let good = [("csrf", csrf.as_str()), ("decision", "confirm")];
    for form in [
        vec![("decision", "confirm")],
        vec![("decision", "confirm"), ("csrf", "")],
        vec![("decision", "confirm"), ("csrf", &theirs)],
        vec![("csrf", &csrf)],
        vec![("csrf", &csrf), ("decision", "confirm"), ("decision", "confirm")],
        vec![("csrf", &csrf), ("csrf", &csrf), ("decision", "confirm")],
    ] {
        assert_eq!(browser.post(&path, &form).await.status, 403, "{form:?}");
    }
    for extra in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        assert_eq!(browser.send(Method::POST, &path, &good, &[extra]).await.status, 403, "{extra:?}");
    }
    // Somebody else with their own good form, and nobody at all.
    let elsewhere = gateway.elsewhere("support-write@msp.example");
    for person in [&other, &elsewhere] {
        let browser = Browser::of(&gateway, Some(person));
        assert_eq!(browser.get(&path).await.status, 404);
        let csrf = browser.csrf();
        assert_eq!(browser.post(&path, &[("csrf", &csrf), ("decision", "confirm")]).await.status, 404);
    }
    assert_eq!(Browser::of(&gateway, None).post(&path, &good).await.status, 303);
    let changed = |rows: &[Value]| rows.iter().filter(|it| it["phase"] == "attempt").count();
    assert_eq!(changed(&gateway.rows()[before..]), 0, "nothing was sent");
    // The person's own form does it, once.
    let done = browser.send(Method::POST, &path, &good, &[("origin", "null"), ("sec-fetch-site", "same-origin")]).await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("It is done"), "{}", done.text);
    assert_eq!(browser.post(&path, &good).await.status, 404);
    let all = gateway.rows();
    assert_eq!(changed(&all[before..]), 1);
    assert!(
        all.iter().any(|it| it["phase"] == "outcome" && it["client"] == "console" && it["tool"] == "escalate_ticket")
    );
}

#[tokio::test]
async fn a_client_is_cut_off_by_a_form_of_its_persons_session_alone() {
    let gateway = Gateway::start().await;
    let (lead, admin) = (gateway.person("lead@acme.example"), gateway.person("admin@msp.example"));
    let (browser, office) = (Browser::of(&gateway, Some(&lead)), Browser::of(&gateway, Some(&admin)));
    let page = browser.get("/console/clients").await;
    let grant = page.text.split("/console/clients/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let own = format!("/console/clients/{grant}/revoke");
    let csrf = browser.csrf();
    assert_eq!(browser.get(&format!("{own}?confirm=revoke&csrf={csrf}")).await.status, 200);
    assert_eq!(browser.post(&own, &[("confirm", "revoke")]).await.status, 403);
    assert_eq!(browser.post(&own, &[("csrf", &csrf)]).await.status, 403);
    let good = [("csrf", csrf.as_str()), ("confirm", "revoke")];
    assert_eq!(browser.post("/console/clients/g-anybody/revoke", &good).await.status, 404);
    assert_eq!(browser.post("/console/admin/clients/g-anybody/revoke", &good).await.status, 404, "is no administrator");
    assert_eq!(gateway.clients.0.lock().len(), 0);
    assert_eq!(browser.post(&own, &good).await.status, 200);
    let csrf = office.csrf();
    let good = [("csrf", csrf.as_str()), ("confirm", "revoke")];
    assert_eq!(office.post("/console/admin/clients/g-anybody/revoke", &good).await.status, 200);
    let by: Vec<_> = gateway.clients.0.lock().iter().map(|it| it.2).collect();
    assert_eq!(by, [RevokedBy::Owner, RevokedBy::Administrator]);
}

#[tokio::test]
async fn every_page_shows_its_own_tenants_and_its_own_persons_things_alone() {
    let gateway = Gateway::start().await;
    let (here, there) = (gateway.person("admin@msp.example"), gateway.elsewhere("admin@msp.example"));
    // Both do something; each tenant another thing.
    gateway.person("lead@acme.example").data("customer_list_tickets", json!({})).await;
    gateway.elsewhere("lead@globex.example").data("customer_list_contacts", json!({})).await;
    for (person, mine, others, did, did_not) in [
        (&here, TENANT, OTHER_TENANT, "customer_list_tickets", "customer_list_contacts"),
        (&there, OTHER_TENANT, TENANT, "customer_list_contacts", "customer_list_tickets"),
    ] {
        let browser = Browser::of(&gateway, Some(person));
        for path in OWN.iter().chain(&ADMIN) {
            let page = browser.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(!page.text.contains(&format!("canary-{others}")), "{path} shows a client of {others}");
            let clients = path.ends_with("clients");
            assert_eq!(page.text.contains(&format!("canary-{mine}")), clients, "{path}");
        }
        let table = |text: &str| text.split("<tbody>").nth(1).unwrap_or_default().to_owned();
        let audit = table(&browser.get("/console/admin/audit").await.text);
        assert!(audit.contains(did) && !audit.contains(did_not), "{mine}: {audit}");
        let export = browser.get("/console/admin/audit/export").await.text;
        assert!(export.contains(did) && !export.contains(did_not) && !export.contains(&format!("\\\"{others}\\\"")));
        let activity = table(&browser.get("/console/activity").await.text);
        assert!(activity.contains("Looked at the audit log") && !activity.contains(did), "{activity}");
    }
}

#[tokio::test]
async fn a09_reading_the_audit_is_a_row_and_only_those_who_may_read_it() {
    let gateway = Gateway::start().await;
    let admin = gateway.person("owner@msp.example");
    let agent = gateway.person("support-write@msp.example");
    let lead = gateway.person("lead@acme.example");
    for person in [&agent, &lead] {
        let browser = Browser::of(&gateway, Some(person));
        for path in ADMIN {
            let (there, nowhere) = (browser.get(path).await, browser.get("/console/admin/nowhere").await);
            assert_eq!(there.status, 404, "{path}");
            assert_eq!(there.text, nowhere.text, "{path} is as if it was not there");
        }
    }
    assert_eq!(Browser::of(&gateway, Some(&admin)).get("/console/admin/audit?tool=get_ticket").await.status, 200);
    assert_eq!(Browser::of(&gateway, Some(&admin)).get("/console/admin/audit/export").await.status, 200);
    let noted: Vec<_> = gateway
        .rows()
        .iter()
        .filter(|row| row["tool"].as_str().unwrap_or_default().starts_with("console:"))
        .map(|row| format!("{} {}", row["tool"].as_str().unwrap(), row["decision"].as_str().unwrap()))
        .collect();
    let denied = ["console:audit denied", "console:audit-export denied"];
    let expected = [denied, denied, ["console:audit allowed", "console:audit-export allowed"]].concat();
    assert_eq!(noted, expected);
}

/// The log holds digests; whoever may know the people reads their names beside these, and the names are in no file.
#[tokio::test]
async fn the_audit_page_names_who_is_still_known_and_the_log_names_nobody() {
    let gateway = Gateway::start().await;
    let (lead, other) = (gateway.person("lead@acme.example"), gateway.person("lead@globex.example"));
    for person in [&lead, &other] {
        person.data("customer_list_tickets", json!({})).await;
    }
    let admin = gateway.person("admin@msp.example");
    let browser = Browser::of(&gateway, Some(&admin));
    let rows = async || {
        let page = browser.get("/console/admin/audit?tool=customer_list_tickets").await.text;
        page.split("<tbody>").nth(1).unwrap().to_owned()
    };
    assert!(!rows().await.contains("Jane Canary"));
    gateway.clients.know(&lead, "Jane Canary");
    let found = rows().await;
    assert_eq!((found.matches("<bdi>Jane Canary</bdi>").count(), found.matches("title=\"Request ").count()), (1, 2));
    let exported = browser.get("/console/admin/audit/export").await.text;
    assert!(!exported.contains("Jane Canary"));
    // Nobody of another tenant is told.
    let elsewhere = gateway.elsewhere("admin@msp.example");
    let page = Browser::of(&gateway, Some(&elsewhere)).get("/console/admin/audit").await.text;
    assert!(!page.contains("Jane Canary"));
}

#[tokio::test]
async fn the_audit_is_searched_by_tool_decision_organisation_and_time() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    lead.data("customer_list_tickets", json!({})).await;
    lead.code("customer_get_ticket", json!({ "ticket_id": "TK-none" })).await;
    gateway.person("lead@globex.example").data("customer_list_contacts", json!({})).await;
    let admin = gateway.person("admin@msp.example");
    let browser = Browser::of(&gateway, Some(&admin));
    let found = async |query: &str| {
        let page = browser.get(&format!("/console/admin/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let table = page.text.split("<tbody>").nth(1).unwrap_or_default().to_owned();
        ["customer_list_tickets", "customer_get_ticket", "customer_list_contacts"].map(|it| table.contains(it))
    };
    assert_eq!(found("").await, [true, true, true]);
    assert_eq!(found("tool=customer_get_ticket").await, [false, true, false]);
    assert_eq!(found("decision=allowed").await, [true, false, true]);
    assert_eq!(found("organisation=globex").await, [false, false, true]);
    assert_eq!(found("since=2026-01-01T00:00").await, [true, true, true]);
    assert_eq!(found("until=2026-01-01T00:00").await, [false; 3]);
    assert_eq!(found("since=2999-01-01T00%3A00&until=").await, [false; 3]);
    assert_eq!(found("before=2").await, [true, false, false]);
    let wrong = browser.get("/console/admin/audit?since=tomorrow").await;
    assert!(wrong.text.contains("A time is written as"), "says what is wrong");
}

#[tokio::test]
async fn b01_a_lead_alone_follows_what_was_done_with_the_own_organisations_records_and_keeps_it_signed() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let tickets = lead.data("customer_list_tickets", json!({})).await;
    gateway.person("lead@globex.example").data("customer_list_contacts", json!({})).await;
    let staff = gateway.person("support-write@msp.example");
    staff.data("search_tickets", json!({})).await;
    staff.data("get_ticket", json!({ "ticket_id": tickets["tickets"][0]["ticket_id"] })).await;
    gateway.elsewhere("lead@acme.example").data("customer_list_contacts", json!({})).await;

    let browser = Browser::of(&gateway, Some(&lead));
    let page = browser.get("/console/transparency").await;
    assert_eq!(page.status, 200);
    let table = page.text.split("<tbody>").nth(1).unwrap();
    for (title, there) in [("customer_list_tickets", true), ("get_ticket", true), ("customer_list_contacts", false)] {
        let title = postern::tools::find(title).unwrap().entry.title;
        assert_eq!(table.contains(&format!("<strong>{title}</strong>")), there, "{title}: {table}");
    }
    assert!(table.contains("Your provider") && table.contains("yours may have been among them"));
    assert!(browser.get("/console/transparency?until=2026-01-01T00:00").await.text.contains("Nothing found"));
    assert!(browser.get("/console/transparency?since=soon").await.text.contains("A time is written as"));

    // Asking for another organisation changes nothing; the file is signed with the key that the page gives.
    let file = browser.get("/console/transparency/statement?organisation=globex").await;
    assert!(!file.text.contains("globex") && !file.text.contains("customer_list_contacts"), "{}", file.text);
    let key = browser.get("/console/transparency/key").await.text;
    let public = postern::audit::chain::unhex(key.trim()).unwrap();
    let report = postern::audit::verify::verify_export(&mut file.text.as_bytes(), &public).unwrap().unwrap();
    assert_eq!(report.statement.unwrap().organisation, "acme");

    for somebody in ["basic@acme.example", "owner@msp.example", "support-write@msp.example"] {
        let browser = Browser::of(&gateway, Some(&gateway.person(somebody)));
        let nowhere = browser.get("/console/nowhere").await;
        for path in ["", "/statement", "/key"].map(|it| format!("/console/transparency{it}")) {
            let page = browser.get(&path).await;
            assert_eq!((page.status, &page.text), (StatusCode::NOT_FOUND, &nowhere.text), "{somebody} {path}");
        }
        assert!(!browser.get("/console").await.text.contains("/console/transparency"), "{somebody}");
    }
    let rows = gateway.rows();
    let noted = |tool: &str, decision: &str| {
        rows.iter().filter(|row| row["tool"] == tool && row["decision"] == decision).count()
    };
    assert_eq!((noted("console:transparency", "allowed"), noted("console:transparency", "denied")), (3, 3));
    assert_eq!(
        (noted("console:transparency-export", "allowed"), noted("console:transparency-export", "denied")),
        (1, 3)
    );
}

#[tokio::test]
async fn nobody_sees_a_page_without_signing_in_and_the_way_leads_back() {
    let gateway = Gateway::start().await;
    let browser = Browser::of(&gateway, None);
    for path in OWN.iter().chain(&ADMIN).chain(&["/console/nowhere", "/console/confirmations/conf-1"]) {
        let page = browser.get(path).await;
        assert_eq!(page.status, 303, "{path}");
        assert_eq!(page.headers["location"], format!("/sign-in?to={path}"), "{path}");
        assert_eq!(page.text, "");
    }
    assert_eq!(browser.get("/").await.headers["location"], "/console");
    for path in ["/admin", "/debug", "/consoles", "/console/assets/none.css"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_sheet_is_kept_for_good_and_asked_for_again_costs_nothing() {
    let gateway = Gateway::start().await;
    let lead = gateway.person("lead@acme.example");
    let browser = Browser::of(&gateway, Some(&lead));
    let page = browser.get("/console").await;
    let path = page.text.split("<link rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let sheet = Browser::of(&gateway, None).get(path).await;
    assert_eq!(sheet.status, 200);
    assert_eq!(sheet.headers["content-type"], "text/css; charset=utf-8");
    assert!(sheet.headers["cache-control"].to_str().unwrap().contains("immutable"));
    assert!(!sheet.text.contains("url(") && !sheet.text.contains("@import"), "it loads nothing further");
    let tag = sheet.headers["etag"].to_str().unwrap().to_owned();
    let again = browser.send(Method::GET, path, &[], &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn what_waits_for_a_person_names_the_page_where_they_find_it() {
    let rig = Rig::new(rig::Liar::honest());
    let gate = rig.gate.clone().deciding_at(Pages {
        confirm: "https://mcp.example.com/console/confirmations/".into(),
        approve: "https://mcp.example.com/console/approvals/".into(),
    });
    let Value::Object(arguments) = json!({ "ticket_id": "T-1", "target": "x", "reason": "x" }) else {
        panic!("is one")
    };
    let call = Call { caller: rig::agent(), name: "escalate_ticket".into(), arguments, facts: rig::facts() };
    let Answer::Confirm { id, envelope, .. } = gate.call(call).await else { panic!("it waits") };
    let envelope = envelope.value();
    let said = envelope["suggested_action"].as_str().unwrap();
    assert!(said.contains(&format!("https://mcp.example.com/console/confirmations/{id}.")), "{said}");
    assert!(said.contains("outside the conversation"));
    assert!(rows(rig.dir.path()).iter().all(|row| row["phase"] != "attempt"));
}

#[tokio::test]
async fn integrations_say_where_the_request_limit_of_ones_own_systems_stands() {
    let gateway = Gateway::start().await;
    let page = |person| {
        let browser = Browser::of(&gateway, Some(person));
        async move { browser.get("/console/admin/integrations").await.text }
    };
    let (own, other) = (gateway.person("admin@msp.example"), gateway.elsewhere("admin@msp.example"));
    let text = page(&own).await;
    for words in [
        "45 can be sent at once",
        "3 wait for their turn",
        "paused for 12 seconds",
        "none for 7 seconds, since it keeps",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let text = page(&other).await;
    assert!(text.contains("No limit") && !text.contains("keeps failing"), "{text}");
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_a_page_and_tells_nobody_what_there_is() {
    let gateway = Gateway::start().await;
    let (admin, lead) = (gateway.person("admin@msp.example"), gateway.person("lead@acme.example"));
    let (admin, lead) = (Browser::of(&gateway, Some(&admin)), Browser::of(&gateway, Some(&lead)));
    let nowhere = lead.get("/console/nowhere").await;
    for path in [
        "/console/admin/clients?page=-1",
        "/console/admin/clients?page=99999999999",
        "/console/admin/audit?before=x",
        "/console/admin/audit?before=1&before=2",
    ] {
        let page = lead.get(path).await;
        assert_eq!((page.status, &page.text), (nowhere.status, &nowhere.text), "{path}");
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    assert_eq!(lead.get("/console/activity?before=x").await.status, 200);
    for (wrong, says) in [
        ("organisation=a+b", "An organisation is written as its id"),
        ("since=rubbish", "A time is written as"),
        ("since=2026-11-02T00%3A00&until=2026-11-01T00%3A00", "has to be before the second"),
    ] {
        let sent = admin.get(&format!("/console/admin/audit/export?{wrong}")).await;
        assert_eq!(sent.status, 303, "{wrong}");
        let page = admin.get(sent.headers["location"].to_str().unwrap()).await;
        assert!(page.status == 200 && page.text.contains(says), "{wrong}: {}", page.text);
    }
}
