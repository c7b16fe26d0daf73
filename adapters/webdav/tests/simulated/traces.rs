//! Writes whose answer was lost, found again in the ledger by their reference alone.

use crate::behaviour::{with_properties, with_sidecars};
use crate::rig::{Rig, external};
use jiff::Timestamp;
use postern_api::*;
use postern_simulators::Running;
use postern_simulators::webdav::State;
use std::time::Duration;

fn sought(op: Op, document: &DocumentId, reference: &str) -> Sought {
    Sought {
        op,
        reference: reference.into(),
        organisation: Some(external("acme")),
        record: Some(document.to_string()),
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

async fn found(rig: &Rig, asked: &Sought) -> Option<String> {
    let found = rig.adapter.trace(&Rig::cx(), asked).await.expect("a search");
    found.map(|it| Rig::open(it).expect("Acme's").record)
}

/// The answers of what follows are lost.
fn losing(server: &Running<State>, reference: &str) -> CallCx {
    server.state.quirks(|it| it.fail_after_commit = true);
    CallCx { deadline: std::time::Instant::now() + Duration::from_millis(800), ..Rig::with(reference) }
}

fn calm(server: &Running<State>) {
    server.state.quirks(|it| it.fail_after_commit = false);
    server.state.tree(|tree| tree.values_mut().for_each(|it| it.lock = None));
    server.state.log.clear();
}

#[tokio::test]
async fn w09_a_publication_and_its_taking_back_are_found_after_their_answers_were_lost() {
    for (server, rig) in [with_properties().await, with_sidecars().await] {
        let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
        let asked = sought(Op::DocumentPublish, &new.document, "gw:1");
        assert_eq!(found(&rig, &asked).await, None, "nothing was written yet");
        let lost = rig.port().publish(&losing(&server, "gw:1"), &new).await.expect_err("no answer");
        assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
        calm(&server);
        assert_eq!(found(&rig, &asked).await, Some(new.document.to_string()));
        let revocation = Revocation {
            organisation: external("acme"),
            document: new.document.clone(),
            version: None,
            download_only: false,
            reason: "x".into(),
            by: "Sam".into(),
        };
        let lost = rig.port().revoke(&losing(&server, "gw:2"), &revocation).await.expect_err("no answer");
        assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
        calm(&server);
        assert!(found(&rig, &sought(Op::DocumentRevoke, &new.document, "gw:2")).await.is_some());
        assert!(found(&rig, &asked).await.is_some(), "the first is still there");
        assert_eq!(found(&rig, &sought(Op::DocumentRevoke, &new.document, "gw:3")).await, None);
        let sent = server.state.log.all();
        assert!(sent.iter().all(|it| matches!(it.method.as_str(), "PROPFIND" | "GET")), "looked, and wrote nothing");
    }
}

#[tokio::test]
async fn w09_another_organisations_publication_is_found_by_nobody_else() {
    for (_server, rig) in [with_properties().await, with_sidecars().await] {
        let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
        rig.port().publish(&Rig::with("gw:1"), &new).await.expect("published");
        let globex = CallCx::new(Reach::Organisations(vec![external("globex")]), Duration::from_secs(20));
        let own = sought(Op::DocumentPublish, &new.document, "gw:1");
        let theirs = Sought { organisation: Some(external("globex")), ..own.clone() };
        for (cx, asked) in [(&globex, &own), (&globex, &theirs), (&Rig::cx(), &theirs)] {
            let answer = rig.adapter.trace(cx, asked).await;
            assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::NotFound));
        }
    }
}

#[tokio::test]
async fn w09_a_ledger_that_cannot_be_read_does_not_say_that_nothing_was_written() {
    let (server, rig) = with_properties().await;
    let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
    rig.port().publish(&Rig::with("gw:1"), &new).await.expect("published");
    let path = "acme/Server room drawing.pdf";
    server.state.property(path, postern_webdav::NAMESPACE, "ledger", "{\"steps\":[{}]}");
    let answer = rig.adapter.trace(&Rig::cx(), &sought(Op::DocumentPublish, &new.document, "gw:1")).await;
    assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::Conflict));
}
