//! Servers that say more than they were asked, or something else.

use crate::behaviour::rig;
use crate::rig::{Rig, external};
use postern_api::*;

#[tokio::test]
async fn b03_an_event_of_another_calendar_is_owned_by_that_calendar() {
    let (server, rig) = rig().await;
    server.state.quirks(|it| it.leak_folder = Some("globex".into()));
    let rows = rig.port().bookings(&Rig::cx(), &Rig::query()).await.expect("bookings");
    let owners: Vec<Owner> = rows.into_iter().filter_map(|it| Rig::open(it).err()).collect();
    assert_eq!(owners, [Owner::Organisation(external("globex"))]);
}

#[tokio::test]
async fn of_a_private_event_only_the_time_is_opened() {
    let (_server, rig) = rig().await;
    let all = rig.list(&Rig::query()).await;
    assert_eq!(all.iter().filter(|it| it.title.expose() == "Busy").count(), 1);
    assert!(!format!("{all:?}").contains("PRIVATECANARY"));
    let busy = all.iter().find(|it| it.title.expose() == "Busy").expect("one");
    assert!(busy.staff.is_none() && busy.contact.is_none());
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_not_an_empty_calendar() {
    let (server, rig) = rig().await;
    let kind = async || rig.port().bookings(&Rig::cx(), &Rig::query()).await.expect_err("not read").kind();
    // A server that does not expand what recurs.
    server.state.quirks(|it| it.ignore_filters = true);
    assert_eq!(kind().await, ErrorKind::BadReply);
    server.state.quirks(|it| it.ignore_filters = false);
    for bad in [
        "https://evil.example/dav/customers/acme/x.ics",
        "/dav/customers/acme/../globex/x.ics",
        "/x.ics",
        "/dav/customers/acme/deeper/x.ics",
        "/dav/customers/x.ics",
    ] {
        server.state.quirks(|it| it.stray_place = Some(bad.into()));
        assert_eq!(kind().await, ErrorKind::BadReply, "{bad}");
    }
    server.state.quirks(|it| it.stray_place = None);
    server.state.quirks(|it| it.document_type = true);
    assert_eq!(kind().await, ErrorKind::BadReply);
}

#[tokio::test]
async fn a_calendar_that_is_not_there_is_empty_and_a_foreign_one_is_not_asked() {
    let (server, rig) = rig().await;
    server.state.log.clear();
    let foreign = BookingQuery { organisation: Some(external("globex")), ..Rig::query() };
    assert!(rig.port().bookings(&Rig::cx(), &foreign).await.expect("nothing").is_empty());
    assert!(server.state.log.all().is_empty());
    let cx = CallCx { reach: Reach::Organisations(vec![external("initech")]), ..Rig::cx() };
    let query = BookingQuery { organisation: Some(external("initech")), ..Rig::query() };
    assert!(rig.port().bookings(&cx, &query).await.expect("nothing").is_empty());
}

#[tokio::test]
async fn every_calendar_is_read_for_who_reaches_all() {
    let (_server, rig) = rig().await;
    let cx = CallCx { reach: Reach::Tenant, ..Rig::cx() };
    let rows = rig.port().bookings(&cx, &BookingQuery { organisation: None, ..Rig::query() }).await.expect("bookings");
    assert_eq!(rows.len(), 9);
}
