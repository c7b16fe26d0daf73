//! Notifications through a mail server of others, which `tests/wide/smtp/run.sh` starts and `POSTERN_SMTP_DIR` names.

use super::{BASIC, LEAD, PREVIEW, SEND, through, to, way_out};
use postern_simulators::smtp::{PASSWORD, Taken, USERNAME};
use serde_json::{Value, json};
use std::path::Path;

/// What the server took so far, in its order.
fn taken(dir: &Path) -> Vec<Taken> {
    let read = |number: usize| std::fs::read_to_string(dir.join(format!("{number}.json"))).ok();
    let mails = (1..).map_while(read).map(|it| serde_json::from_str::<Value>(&it).unwrap());
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    mails
        .map(|it| Taken {
            from: text(&it["from"]),
            to: it["to"].as_array().unwrap().iter().map(text).collect(),
            data: text(&it["data"]),
            tls: it["tls"] == true,
            user: it["user"].as_str().map(str::to_owned),
        })
        .collect()
}

#[tokio::test]
async fn a_mail_server_of_others_is_signed_in_to_and_takes_each_mail_once() {
    let Some(dir) = std::env::var_os("POSTERN_SMTP_DIR") else {
        println!("SKIPPED: POSTERN_SMTP_DIR names no mail server");
        return;
    };
    let dir = Path::new(&dir);
    let port = std::fs::read_to_string(dir.join("port")).unwrap().parse().unwrap();
    let ca = dir.join("ca.pem");

    // A password that it does not know, and a certificate that nobody vouches for: nothing is sent.
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), postern_simulators::smtp::CA_PEM).unwrap();
    for (ca, password) in [(ca.as_path(), "wrong"), (other.path(), PASSWORD)] {
        let gateway = through(port, ca, password).await;
        let lead = gateway.person("service-lead@msp.example");
        let preview = lead.data(PREVIEW, to(&gateway, &[LEAD], "progress")).await;
        let refused = lead.ask(SEND, json!({ "preview_id": preview["preview_id"] })).await;
        assert_eq!(refused["status"], "error", "{refused}");
        assert_eq!(taken(dir).len(), 0, "{password}");
        assert_eq!(gateway.count("notice WHERE channel = 'email' AND state = 'unknown' AND topic = 'progress'"), 0);
    }

    let gateway = through(port, &ca, PASSWORD).await;
    let lead = gateway.person("service-lead@msp.example");
    let mut arguments = to(&gateway, &[LEAD, BASIC], "update");
    let subject = "Grüße & <b>smile</b>";
    arguments["own_words"] = json!({ "subject": subject, "body": ".\n..\nLine\n\n<script>alert(1)</script>\n" });
    let (id, _) = lead.waits(PREVIEW, arguments).await;
    assert!(gateway.decide(&id, true));
    let done = lead.data(SEND, json!({ "preview_id": id })).await;
    assert_eq!((&done["sent"], &done["failed"], &done["unknown"]), (&json!(2), &json!(0), &json!(0)), "{done}");
    assert_eq!(lead.data(SEND, json!({ "preview_id": id })).await, done);
    let mails = taken(dir);
    let mut recipients: Vec<_> = mails.iter().map(|it| it.to.join(",")).collect();
    recipients.sort();
    assert_eq!(recipients, [BASIC, LEAD]);
    for mail in &mails {
        assert!(mail.tls && mail.user.as_deref() == Some(USERNAME), "{mail:?}");
        assert_eq!(mail.from, "post@msp.example");
        for header in ["Subject", "To", "From", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"] {
            assert_eq!(mail.headers(header), 1, "{header}");
        }
        assert!(
            mail.decoded().contains("\r\n.\r\n..\r\nLine\r\n"),
            "lines of dots are as they were: {}",
            mail.decoded()
        );
    }
    let link = way_out(&gateway, &mails[0]);
    assert!(reqwest::get(&link).await.unwrap().status().is_success());
    println!("mails taken by another program");
}
