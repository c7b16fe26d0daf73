//! One write, one effect.

use crate::behaviour::{with_properties, with_sidecars};
use crate::rig::{Rig, external};
use postern_api::*;
use std::time::Duration;

#[tokio::test]
async fn w09_a_write_that_was_made_and_not_answered_is_unknown_and_found_again() {
    for stalls in [true, false] {
        for (server, rig) in [with_properties().await, with_sidecars().await] {
            let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
            server.state.quirks(|it| {
                it.stall_after_commit = stalls;
                it.fail_after_commit = !stalls;
            });
            let cx = CallCx { deadline: std::time::Instant::now() + Duration::from_millis(800), ..Rig::with("gw:1") };
            let error = rig.port().publish(&cx, &new).await.expect_err("no answer");
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
            server.state.quirks(|it| {
                it.stall_after_commit = false;
                it.fail_after_commit = false;
            });
            server.state.tree(|tree| tree.values_mut().for_each(|it| it.lock = None));
            server.state.log.clear();
            let again = Rig::open(rig.port().publish(&Rig::with("gw:1"), &new).await.expect("found")).expect("own");
            assert!(again.latest().is_some_and(|it| it.publication.is_some()));
            let written = ["PUT", "PROPPATCH", "LOCK"].map(|it| server.state.log.count(it, "/"));
            assert_eq!(written, [0, 0, 0], "looked, and did not write again");
        }
    }
}

#[tokio::test]
async fn a_write_that_is_not_there_afterwards_is_unknown() {
    for (server, rig) in [with_properties().await, with_sidecars().await] {
        let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
        server.state.quirks(|it| it.lose_writes = true);
        let error = rig.port().publish(&Rig::cx(), &new).await.expect_err("not there");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    }
}

#[tokio::test]
async fn a_reference_with_other_arguments_is_a_conflict() {
    let (_server, rig) = with_properties().await;
    let drawing = Rig::publication(&rig.named("Server room drawing.pdf").await);
    rig.port().publish(&Rig::with("gw:1"), &drawing).await.expect("published");
    let revocation = Revocation {
        organisation: external("acme"),
        document: drawing.document.clone(),
        version: None,
        download_only: false,
        reason: "x".into(),
        by: "Sam".into(),
    };
    let error = rig.port().revoke(&Rig::with("gw:1"), &revocation).await.expect_err("another write");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_file_that_somebody_else_locked_is_not_changed_and_the_lock_is_given_back() {
    let (server, rig) = with_properties().await;
    let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
    let path: Vec<String> = ["acme", "Server room drawing.pdf"].map(str::to_owned).into();
    let lock = |token: Option<&str>| {
        server.state.tree(|tree| tree.get_mut(&path).expect("a file").lock = token.map(str::to_owned));
    };
    lock(Some("opaquelocktoken:theirs"));
    let error = rig.port().publish(&Rig::cx(), &new).await.expect_err("locked");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    lock(None);
    rig.port().publish(&Rig::cx(), &new).await.expect("published");
    assert_eq!(server.state.tree(|tree| tree.get(&path).expect("a file").lock.clone()), None);
}

/// Both publish at once: one goes first, and the other is refused or seen.
#[tokio::test]
async fn two_who_publish_the_same_at_once_publish_it_once() {
    for (_server, rig) in [with_properties().await, with_sidecars().await] {
        let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
        let (first, second) = (Rig::with("gw:1"), Rig::with("gw:2"));
        let (a, b) = tokio::join!(rig.port().publish(&first, &new), rig.port().publish(&second, &new));
        let errors: Vec<_> = [a, b].into_iter().filter_map(Result::err).map(|it| it.kind()).collect();
        assert_eq!(errors, [ErrorKind::Conflict]);
        let document = rig.named("Server room drawing.pdf").await;
        assert_eq!(document.versions.iter().filter(|it| it.publication.is_some()).count(), 1);
    }
}

#[tokio::test]
async fn a_newer_version_takes_the_place_of_the_one_before() {
    let (server, rig) = with_properties().await;
    let before = rig.publish("Server room drawing.pdf").await;
    let path = "acme/Server room drawing.v2.pdf";
    server.state.file(path, "second", "application/pdf");
    for (name, value) in [("audience", "customer"), ("state", "approved"), ("approved-etag", &*server.state.etag(path))]
    {
        server.state.property(path, postern_webdav::NAMESPACE, name, value);
    }
    let old = Rig::publication(&before);
    let error = rig.port().publish(&Rig::cx(), &old).await.expect_err("an old version");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let after = rig.publish("Server room drawing.pdf").await;
    let published: Vec<u32> = after.versions.iter().filter(|it| it.publication.is_some()).map(|it| it.number).collect();
    assert_eq!(published, [2]);
    // Taken back, neither is shown: the first does not come back.
    let revocation = Revocation {
        organisation: external("acme"),
        document: after.id,
        version: None,
        download_only: false,
        reason: "x".into(),
        by: "Sam".into(),
    };
    let left = Rig::open(rig.port().revoke(&Rig::cx(), &revocation).await.expect("taken back")).expect("own");
    assert!(left.versions.iter().all(|it| it.publication.is_none()));
}

#[tokio::test]
async fn a_call_that_only_looks_sends_no_write() {
    let (server, rig) = with_properties().await;
    server.state.log.clear();
    rig.named("Service contract.pdf").await;
    assert!(server.state.log.all().iter().all(|it| matches!(it.method.as_str(), "PROPFIND" | "GET")));
}

#[tokio::test]
async fn a_server_that_keeps_no_properties_is_told_from_one_that_does() {
    let (server, rig) = with_properties().await;
    let new = Rig::publication(&rig.named("Server room drawing.pdf").await);
    server.state.quirks(|it| it.refuse_properties = true);
    let error = rig.port().publish(&Rig::cx(), &new).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.message().contains("sidecar"));
}
