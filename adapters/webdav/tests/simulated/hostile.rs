//! Servers and callers that want out of a folder.

use crate::behaviour::{config, with_properties, with_sidecars};
use crate::rig::{Rig, external};
use postern_api::*;
use postern_webdav::{Config, SIDECAR};

fn query() -> DocumentQuery {
    DocumentQuery { organisation: Some(external("acme")), published_only: false, kind: None, offset: 0, limit: 200 }
}

#[tokio::test]
async fn b03_a_file_of_another_folder_is_owned_by_that_folder() {
    let (server, rig) = with_properties().await;
    server.state.quirks(|it| it.leak_folder = Some("globex".into()));
    let page = rig.port().documents(&Rig::cx(), &query()).await.expect("documents");
    let (mut own, mut others) = (0, 0);
    for row in page.rows {
        match Rig::open(row) {
            Ok(_) => own += 1,
            Err(owner) => {
                assert_eq!(owner, Owner::Organisation(external("globex")));
                others += 1;
            }
        }
    }
    assert_eq!((own, others), (6, 2));
    assert_eq!(page.total, 6, "only the own ones count");
}

#[tokio::test]
async fn an_answer_that_names_a_place_outside_is_not_read() {
    let (server, rig) = with_properties().await;
    for bad in [
        "https://evil.example/dav/customers/acme/x.pdf",
        "/dav/customers/acme/../globex/x.pdf",
        "/dav/customers/acme/%2e%2e/globex/x.pdf",
        "/dav/customers/acme%2fx.pdf",
        "/dav/other/x.pdf",
        "/etc/passwd",
        "x.pdf",
    ] {
        server.state.quirks(|it| it.stray_place = Some(bad.into()));
        let error = rig.port().documents(&Rig::cx(), &query()).await.expect_err("not read");
        assert_eq!(error.kind(), ErrorKind::BadReply, "{bad}");
    }
    server.state.quirks(|it| it.stray_place = Some("/dav/customers/acme/deep/x.pdf".into()));
    assert!(rig.port().documents(&Rig::cx(), &query()).await.is_err(), "deeper than was asked");
}

#[tokio::test]
async fn an_answer_with_a_document_type_is_not_read() {
    let (server, rig) = with_properties().await;
    server.state.quirks(|it| it.document_type = true);
    let error = rig.port().documents(&Rig::cx(), &query()).await.expect_err("not read");
    assert_eq!(error.kind(), ErrorKind::BadReply);
}

/// B15: ids are looked up among what is there, and never become a path.
#[tokio::test]
async fn b15_no_text_of_a_callers_is_in_a_path() {
    let (server, rig) = with_properties().await;
    server.state.log.clear();
    for id in ["acme:..", "globex", "globex:x", "acme:0000", "x", "acme:Service", "a:b:c"] {
        let Ok(id) = DocumentId::new(id) else { continue };
        let error = rig.port().document(&Rig::cx(), &id).await.expect_err("not there");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{id}");
    }
    for asked in server.state.log.all() {
        assert_eq!(asked.path, "/dav/customers/acme/");
    }
}

#[tokio::test]
async fn whole_addresses_and_odd_names_are_read() {
    for quirk in [false, true] {
        let (server, rig) = with_properties().await;
        server.state.quirks(|it| it.whole_addresses = quirk);
        let odd = rig.publish("Übergabe & Plan #1.pdf").await;
        assert!(odd.latest().is_some_and(|it| it.publication.is_some()));
        assert!(odd.id.as_str().starts_with("acme:"));
    }
}

#[tokio::test]
async fn what_is_not_marked_is_internal_and_a_draft() {
    for (_server, rig) in [with_properties().await, with_sidecars().await] {
        let document = rig.named("unmarked.txt").await;
        assert!(document.internal);
        assert_eq!(document.latest().map(|it| it.state), Some(VersionState::Draft));
    }
}

#[tokio::test]
async fn a_file_that_is_replaced_is_another_version_that_nobody_approved_or_published() {
    for (server, rig) in [with_properties().await, with_sidecars().await] {
        let before = rig.publish("Server room drawing.pdf").await;
        server.state.file("acme/Server room drawing.pdf", "something else", "application/pdf");
        let after = rig.named("Server room drawing.pdf").await;
        let version = after.latest().expect("a version");
        assert_ne!(before.latest().map(|it| &it.id), Some(&version.id));
        assert_eq!((version.state, version.publication.is_some()), (VersionState::InReview, false));
        let public = DocumentQuery { published_only: true, ..query() };
        assert!(rig.port().documents(&Rig::cx(), &public).await.expect("documents").rows.is_empty());
        // What was previewed before is not there any more.
        let new =
            NewPublication { version: before.latest().expect("a version").id.clone(), ..Rig::publication(&after) };
        let error = rig.port().publish(&Rig::cx(), &new).await.expect_err("another content");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        // What is written down is still taken back.
        let revocation = Revocation {
            organisation: external("acme"),
            document: after.id,
            version: None,
            download_only: false,
            reason: "replaced".into(),
            by: "Sam Service".into(),
        };
        rig.port().revoke(&Rig::cx(), &revocation).await.expect("taken back");
    }
}

#[tokio::test]
async fn a_weak_entity_tag_proves_no_content() {
    let (server, rig) = with_properties().await;
    server.state.quirks(|it| it.weak_etags = true);
    let document = rig.named("Server room drawing.pdf").await;
    assert_eq!(document.latest().map(|it| it.state), Some(VersionState::InReview));
    let error = rig.port().publish(&Rig::cx(), &Rig::publication(&document)).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn two_files_of_one_version_are_nobodys_to_tell_apart() {
    let (server, rig) = with_properties().await;
    server.state.file("acme/Server room drawing.v1.pdf", "another", "application/pdf");
    assert!(rig.named("Server room drawing.pdf").await.internal);
}

#[tokio::test]
async fn what_is_kept_of_publications_and_cannot_be_read_publishes_nothing() {
    let (server, rig) = with_properties().await;
    rig.publish("Service contract.pdf").await;
    server.state.property("acme/Service contract.v1.pdf", postern_webdav::NAMESPACE, "ledger", "published");
    let document = rig.named("Service contract.pdf").await;
    assert!(document.versions.iter().all(|it| it.publication.is_none()));
    let error = rig.port().publish(&Rig::cx(), &Rig::publication(&document)).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let (server, rig) = with_sidecars().await;
    server.state.file(&format!("acme/{SIDECAR}"), "not json", "application/json");
    let error = rig.port().publish(&Rig::cx(), &Rig::publication(&rig.named("Offer 2027.pdf").await)).await;
    assert_eq!(error.expect_err("refused").kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn documents_can_be_in_a_folder_of_their_own() {
    let (server, _) = with_properties().await;
    server.state.folder("acme/Portal");
    server.state.file("acme/Portal/Handbook.pdf", "x", "application/pdf");
    let rig = Rig::new(Config { folder: Some("Portal".into()), ..config(&server.url) }).await;
    rig.named("Handbook.pdf").await;
    let page = rig.port().documents(&Rig::cx(), &query()).await.expect("documents");
    assert_eq!(page.total, 1);
    let whole = CallCx { reach: Reach::Tenant, ..Rig::cx() };
    let page = rig.port().documents(&whole, &DocumentQuery { organisation: None, ..query() }).await.expect("documents");
    assert_eq!(page.total, 1, "a customer without such a folder has none");
}

#[tokio::test]
async fn every_folder_is_read_up_to_a_bound_that_is_told() {
    let (server, rig) = with_properties().await;
    let whole = CallCx { reach: Reach::Tenant, ..Rig::cx() };
    let all = DocumentQuery { organisation: None, ..query() };
    let page = rig.port().documents(&whole, &all).await.expect("documents");
    assert_eq!((page.total, page.truncated), (8, false));
    let rig = Rig::new(Config { max_organisations: 1, ..config(&server.url) }).await;
    let page = rig.port().documents(&whole, &all).await.expect("documents");
    assert_eq!((page.total, page.truncated), (6, true));
}

#[tokio::test]
async fn a_publication_is_of_one_content_also_where_an_approval_is_not() {
    let (server, _) = with_properties().await;
    let rig = Rig::new(Config { approval_names_content: false, ..config(&server.url) }).await;
    rig.publish("Server room drawing.pdf").await;
    server.state.file("acme/Server room drawing.pdf", "something else", "application/pdf");
    let after = rig.named("Server room drawing.pdf").await;
    let version = after.latest().expect("a version");
    assert_eq!((version.state, version.publication.is_some()), (VersionState::Approved, false));
}
