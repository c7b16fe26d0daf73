//! Everything of a tenant that its ports show, as text: to compare, and to look for what must not be there.

use crate::support::{Demo, everywhere, external};
use postern_api::*;

pub(crate) const CUSTOMERS: [&str; 3] = ["acme", "globex", "initech"];

pub(crate) async fn picture(demo: &Demo) -> String {
    let mut picture = String::new();
    let cx = everywhere();
    let (rows, total) = demo.list(&cx, TicketQuery { limit: 200, ..TicketQuery::default() }).await;
    picture += &format!("{total}\n");
    for row in rows {
        let whole = demo.desk().ticket(&cx, &row.id).await.expect("a ticket");
        picture += &format!("{:?}\n{:?}\n", demo.open(whole), demo.desk().time(&cx, &row.id).await.expect("time"));
    }
    let portal = demo.portal();
    picture += &format!("{:?}\n", portal.config(&cx).await.expect("a configuration"));
    picture += &format!("{:?}\n", portal.branding(&cx).await.expect("branding"));
    picture += &format!("{:?}\n", portal.faq(&cx, &FaqQuery::default()).await.expect("questions"));
    picture += &format!("{:?}\n", portal.forms(&cx).await.expect("forms"));
    picture += &format!("{:?}\n", demo.identity().access_roles(&cx).await.expect("roles"));
    picture += &format!("{:?}\n", demo.identity().auth_policy(&cx).await.expect("a policy"));
    for organisation in CUSTOMERS {
        picture += &people(demo, &external(organisation)).await;
        picture += &records(demo, &external(organisation)).await;
    }
    picture
}

async fn people(demo: &Demo, organisation: &ExternalId) -> String {
    let (cx, crm, identity) = (everywhere(), demo.adapter.crm().expect("a CRM"), demo.identity());
    let events =
        AccessEventQuery { organisation: organisation.clone(), user: None, kinds: vec![], since: None, limit: 200 };
    let notices =
        NoticeQuery { organisation: organisation.clone(), recipient: None, topic: None, since: None, limit: 200 };
    let told = demo.adapter.notifications().expect("notifications");
    [
        format!("{:?}", crm.contacts(&cx, organisation).await.expect("contacts")),
        format!("{:?}", crm.sites(&cx, organisation).await.expect("places")),
        format!("{:?}", crm.profile(&cx, organisation, None).await.expect("a profile")),
        format!("{:?}", identity.logins(&cx, organisation).await.expect("logins")),
        format!("{:?}", identity.role_changes(&cx, organisation).await.expect("role changes")),
        format!("{:?}", identity.portal_users(&cx, organisation).await.expect("portal users")),
        format!("{:?}", identity.access_events(&cx, &events).await.expect("access events")),
        format!("{:?}", told.notices(&cx, &notices).await.expect("notices")),
        format!("{:?}", told.standing(&cx, organisation).await.expect("standing")),
        format!("{:?}", demo.portal().workspace(&cx, organisation).await.expect("a workspace")),
        format!("{:?}\n", demo.portal().consents(&cx, organisation).await.expect("consents")),
    ]
    .join("\n")
}

async fn records(demo: &Demo, organisation: &ExternalId) -> String {
    let (cx, whose) = (everywhere(), || Some(organisation.clone()));
    let mut picture = String::new();
    for invoice in demo.invoices(organisation.as_str()).await {
        let whole = demo.billing().invoice(&cx, &invoice.id).await.expect("an invoice");
        picture += &format!("{invoice:?}\n{whole:?}\n");
    }
    picture += &format!("{:?}\n", demo.billing().payments(&cx, organisation, None).await.expect("payments"));
    picture += &format!("{:?}\n", demo.billing().agreements(&cx, organisation).await.expect("agreements"));
    for document in demo.documents(organisation.as_str(), false).await {
        picture += &format!("{document:?}\n");
    }
    let projects =
        ProjectQuery { organisation: whose(), kinds: vec![], customer_visible: false, offset: 0, limit: 200 };
    let port = demo.adapter.projects().expect("projects");
    for row in port.projects(&cx, &projects).await.expect("projects").rows {
        let project = demo.open(row);
        picture += &format!("{project:?}\n{:?}\n", port.project(&cx, &project.id).await.expect("a project"));
    }
    let orders = OrderQuery { organisation: whose(), kind: None, customer_visible: false, offset: 0, limit: 200 };
    let sales = demo.adapter.sales().expect("orders");
    picture += &format!("{:?}\n", sales.orders(&cx, &orders).await.expect("orders"));
    let assets = AssetQuery { organisation: whose(), text: None, offset: 0, limit: 200 };
    let equipment = demo.adapter.assets().expect("equipment");
    picture += &format!("{:?}\n", equipment.assets(&cx, &assets).await.expect("equipment"));
    let bookings = BookingQuery { organisation: whose(), since: None, until: None, limit: 200 };
    let appointments = demo.adapter.bookings().expect("bookings");
    picture += &format!("{:?}\n", appointments.bookings(&cx, &bookings).await.expect("bookings"));
    picture
}
