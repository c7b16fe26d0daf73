//! Notifications by mail, through the gateway and a mail server: previewed, approved, sent once; and the way out of it.

mod real;

use crate::gateway::Gateway;
use postern::config::{Config, SystemConfig};
use postern::mail::{MailConfig, MailTls};
use postern_simulators::Running;
use postern_simulators::smtp::{CA_PEM, Content, Mood, PASSWORD, State, Taken, USERNAME, start};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

const PREVIEW: &str = "portal.notification.preview";
const SEND: &str = "portal.notification.send";
const LEAD: &str = "lead@acme.example";
const BASIC: &str = "basic@acme.example";

/// A gateway whose notifications go by mail, to a sink.
async fn mailing() -> (Gateway, Running<State>) {
    let sink = start().await.unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), CA_PEM).unwrap();
    (through(sink.state.port, ca.path(), PASSWORD).await, sink)
}

/// The same to the mail server at this port, which this certificate vouches for.
async fn through(port: u16, ca: &Path, password: &str) -> Gateway {
    Gateway::with(|config: &mut Config| {
        let tenant = &mut config.tenants[0];
        let server = MailConfig {
            host: "localhost".into(),
            port,
            tls: MailTls::Starttls,
            ca_file: Some(ca.into()),
            from: "Example MSP <post@msp.example>".into(),
            username: Some(USERNAME.into()),
            password: Some(password.to_owned().into()),
        };
        let letters = toml::from_str("sender = \"Example MSP\"\nportal_url = \"https://portal.msp.example\"").unwrap();
        tenant.systems.insert("post".into(), SystemConfig::Smtp(Box::new(letters), Box::new(server)));
        tenant.ports.notifications = Some("post".into());
    })
    .await
}

fn to(gateway: &Gateway, emails: &[&str], topic: &str) -> Value {
    let ids: Vec<_> = emails.iter().map(|it| gateway.contact(it)).collect();
    json!({ "customer_id": "acme", "recipient_contact_ids": ids, "topic": topic, "channel": "email" })
}

/// The path of the way out of a mail.
fn way_out(gateway: &Gateway, mail: &Taken) -> String {
    let link = mail.header("List-Unsubscribe").unwrap();
    let link = link.strip_prefix('<').and_then(|it| it.strip_suffix('>')).unwrap();
    assert!(link.starts_with(&format!("{}/unsubscribe/", gateway.origin)), "{link}");
    link.to_owned()
}

#[tokio::test]
async fn a_mail_is_previewed_approved_and_sent_once_with_everything_that_it_needs() {
    let (gateway, sink) = mailing().await;
    let lead = gateway.person("service-lead@msp.example");
    let own = json!({ "subject": "Pay & <b>smile</b>", "body": "Line one\n\n<script>alert(1)</script>\n.\n" });
    let mut arguments = to(&gateway, &[LEAD, BASIC], "update");
    arguments["own_words"] = own;
    let (id, _) = lead.waits(PREVIEW, arguments).await;
    assert!(sink.state.lines().is_empty(), "a preview talks to no mail server");
    assert!(gateway.decide(&id, true));
    let done = lead.data(SEND, json!({ "preview_id": id })).await;
    assert_eq!((&done["sent"], &done["failed"], &done["unknown"]), (&json!(2), &json!(0), &json!(0)), "{done}");
    // The same once more is the answer that was kept, and no second mail.
    assert_eq!(lead.data(SEND, json!({ "preview_id": id })).await, done);
    let taken = sink.state.taken();
    let mut recipients: Vec<_> = taken.iter().map(|it| it.to.join(",")).collect();
    recipients.sort();
    assert_eq!(recipients, [BASIC, LEAD]);
    for mail in &taken {
        assert!(mail.tls && mail.user.as_deref() == Some(USERNAME), "{mail:?}");
        assert!(mail.header("Message-ID").unwrap().starts_with("<gw-"), "{mail:?}");
        assert!(mail.header("Message-ID").unwrap().ends_with("@msp.example>"), "{mail:?}");
        assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
        assert_eq!(mail.header("Subject").as_deref(), Some("Pay & <b>smile</b>"));
        for header in ["Subject", "To", "From", "Message-ID", "List-Unsubscribe"] {
            assert_eq!(mail.headers(header), 1, "{header}");
        }
        let html = mail.decoded().split("text/html").nth(1).unwrap().to_owned();
        assert!(!html.contains("<script") && html.contains("&#60;script&#62;"), "{html}");
    }
    assert_eq!(
        gateway.count("notice WHERE channel = 'email' AND subject = 'Pay & <b>smile</b>' AND state = 'sent'"),
        2
    );
    assert_eq!(gateway.count("notification WHERE text LIKE 'Pay & <b>smile</b>%'"), 2);
}

/// W09: the server took the mail and said nothing. That is told, and asking again sends nothing.
#[tokio::test]
async fn w09_a_mail_whose_answer_was_lost_is_unknown_and_not_sent_again() {
    let (gateway, sink) = mailing().await;
    sink.state.mood(Mood { content: Content::TakeAndClose, ..Mood::default() });
    let lead = gateway.person("service-lead@msp.example");
    let preview = lead.data(PREVIEW, to(&gateway, &[LEAD], "progress")).await;
    let named = json!({ "preview_id": preview["preview_id"] });
    let told = lead.ask(SEND, named.clone()).await;
    assert_eq!(told["status"], "unknown", "{told}");
    sink.state.mood(Mood::default());
    assert_ne!(lead.ask(SEND, named).await["status"], "success");
    assert_eq!(sink.state.taken().len(), 1);
    assert_eq!(gateway.count("notice WHERE channel = 'email' AND state = 'unknown'"), 1);
}

#[tokio::test]
async fn a_server_that_takes_nothing_now_is_no_success_and_one_that_knows_nobody_is_told() {
    let (gateway, sink) = mailing().await;
    let lead = gateway.person("service-lead@msp.example");
    sink.state.mood(Mood { clear: true, ..Mood::default() });
    let preview = lead.data(PREVIEW, to(&gateway, &[LEAD], "progress")).await;
    let told = lead.ask(SEND, json!({ "preview_id": preview["preview_id"] })).await;
    assert_eq!(told["status"], "error", "{told}");
    assert!(!sink.state.lines().iter().any(|it| it.starts_with("MAIL")));
    sink.state.mood(Mood { rcpt: vec![(BASIC, "550 nobody")], ..Mood::default() });
    let (id, _) = lead.waits(PREVIEW, to(&gateway, &[LEAD, BASIC], "update")).await;
    assert!(gateway.decide(&id, true));
    let done = lead.data(SEND, json!({ "preview_id": id })).await;
    assert_eq!((&done["sent"], &done["failed"]), (&json!(1), &json!(1)), "{done}");
}

/// The way out works without a sign-in and without a script, for people and for mail programs; looking at it does nothing.
#[tokio::test]
async fn the_link_in_a_mail_takes_its_person_off_that_kind_of_mail_and_no_further() {
    let (gateway, sink) = mailing().await;
    let lead = gateway.person("service-lead@msp.example");
    let preview = lead.data(PREVIEW, to(&gateway, &[LEAD], "progress")).await;
    lead.data(SEND, json!({ "preview_id": preview["preview_id"] })).await;
    let link = way_out(&gateway, &sink.state.taken()[0]);
    let http = reqwest::Client::new();
    let before = gateway.count("opt_out");
    let looked = http.get(&link).send().await.unwrap();
    assert_eq!(looked.status(), StatusCode::OK);
    for (header, value) in
        [("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("x-frame-options", "DENY")]
    {
        assert_eq!(looked.headers()[header], value);
    }
    let page = looked.text().await.unwrap();
    assert!(page.contains("method=\"post\"") && !page.contains(LEAD) && !page.contains("Jane"), "{page}");
    let nothing_said = http.post(&link).body("").send().await.unwrap();
    assert_eq!((nothing_said.status(), gateway.count("opt_out")), (StatusCode::BAD_REQUEST, before));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let one_click = |link: String| {
        let request = http.post(link).header(form[0].0, form[0].1).body("List-Unsubscribe=One-Click");
        async move { request.send().await.unwrap().status() }
    };
    for _ in 0..2 {
        assert_eq!(one_click(link.clone()).await, StatusCode::OK);
    }
    assert_eq!(gateway.count("opt_out"), before + 1);
    assert_eq!(lead.code(PREVIEW, to(&gateway, &[LEAD], "progress")).await, "NOTIFICATION_REFUSED");
    lead.waits(PREVIEW, to(&gateway, &[LEAD, BASIC], "update")).await;
    let events = gateway.rows().into_iter().filter(|it| it.to_string().contains("unsubscribed")).count();
    assert_eq!(events, 2);
    // Nobody else's link can be made of it.
    let (said, tag) = link.rsplit_once('.').unwrap();
    for forged in
        [format!("{said}.{}", "A".repeat(tag.len())), said.to_owned(), format!("{}/unsubscribe/x", gateway.origin)]
    {
        assert_eq!(one_click(forged).await, StatusCode::NOT_FOUND);
    }
    let everything = http.post(&link).header(form[0].0, form[0].1).body("what=everything").send().await.unwrap();
    assert_eq!(everything.status(), StatusCode::OK);
    assert_eq!(lead.code(PREVIEW, to(&gateway, &[LEAD], "update")).await, "NOTIFICATION_REFUSED");
    // About an account people are told by mail all the same, and cannot leave.
    let (id, _) = lead.waits(PREVIEW, to(&gateway, &[LEAD], "security")).await;
    assert!(gateway.decide(&id, true));
    lead.data(SEND, json!({ "preview_id": id })).await;
    assert_eq!(sink.state.taken()[1].header("List-Unsubscribe"), None);
}

/// As many as a day allows, and no more; nobody of another customer.
#[tokio::test]
async fn a_cap_counts_mails_and_other_customers_people_get_none() {
    let (gateway, sink) = mailing().await;
    let lead = gateway.person("service-lead@msp.example");
    let mut sent = 0;
    loop {
        let preview = lead.ask(PREVIEW, to(&gateway, &[LEAD], "progress")).await;
        if preview["status"] == "error" {
            assert_eq!(preview["code"], "NOTIFICATION_REFUSED", "{preview}");
            break;
        }
        lead.data(SEND, json!({ "preview_id": preview["data"]["preview_id"] })).await;
        sent += 1;
        assert!(sent < 50, "there is no end to it");
    }
    assert!(sent > 0);
    assert_eq!(sink.state.taken().len(), sent);
    let foreign = to(&gateway, &["lead@globex.example"], "update");
    assert_eq!(lead.code(PREVIEW, foreign).await, "CONTACT_NOT_FOUND");
    assert_eq!(sink.state.taken().len(), sent);
}
