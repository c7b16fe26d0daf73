//! What the tests share: a seeded demo and short names.

use jiff::Timestamp;
use postern_api::*;
use postern_embedded::{Embedded, demo};
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Demo {
    pub(crate) embedded: Embedded,
    pub(crate) tenant: TenantId,
    pub(crate) adapter: Arc<dyn Adapter>,
    pub(crate) map: OrganisationMap,
}

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn demo_on(embedded: &Embedded, tenant: &str) -> Demo {
    let tenant = TenantId::new(tenant).expect("an id");
    demo::seed(embedded, &tenant, now()).expect("a demo");
    let adapter = embedded.for_tenant(&tenant);
    let map = embedded.organisation_map(&tenant).expect("a map");
    Demo { embedded: embedded.clone(), tenant, adapter, map }
}

pub(crate) fn demo() -> Demo {
    demo_on(&Embedded::open_in_memory().expect("a database"), "msp")
}

pub(crate) fn external(id: &str) -> ExternalId {
    ExternalId::new(id).expect("an id")
}

pub(crate) fn cx(organisation: &str) -> CallCx {
    CallCx::new(Reach::Organisations(vec![external(organisation)]), Duration::from_secs(30))
}

pub(crate) fn everywhere() -> CallCx {
    CallCx::new(Reach::Tenant, Duration::from_secs(30))
}

impl Demo {
    pub(crate) fn desk(&self) -> &dyn ServiceDesk {
        self.adapter.service_desk().expect("a service desk")
    }

    pub(crate) fn identity(&self) -> &dyn Identity {
        self.adapter.identity().expect("a directory")
    }

    pub(crate) fn portal(&self) -> &dyn Portal {
        self.adapter.portal().expect("portal records")
    }

    pub(crate) fn billing(&self) -> &dyn Billing {
        self.adapter.billing().expect("billing")
    }

    pub(crate) async fn invoices(&self, organisation: &str) -> Vec<Invoice> {
        let organisation = Some(external(organisation));
        let query = InvoiceQuery { organisation, statuses: vec![], customer_visible: false, offset: 0, limit: 200 };
        let page = self.billing().invoices(&everywhere(), &query).await.expect("invoices");
        page.rows.into_iter().map(|it| self.open(it)).collect()
    }

    pub(crate) async fn find_invoice(&self, organisation: &str, id: &str) -> Invoice {
        let found = self.invoices(organisation).await.into_iter().find(|it| it.id.as_str() == id);
        found.unwrap_or_else(|| panic!("no invoice `{id}`"))
    }

    pub(crate) async fn documents(&self, organisation: &str, published_only: bool) -> Vec<Document> {
        let organisation = Some(external(organisation));
        let query = DocumentQuery { organisation, published_only, kind: None, offset: 0, limit: 200 };
        let port = self.adapter.documents().expect("documents");
        let page = port.documents(&everywhere(), &query).await.expect("documents");
        page.rows.into_iter().map(|it| self.open(it)).collect()
    }

    pub(crate) fn open<T>(&self, row: Owned<T>) -> T {
        Scope::whole_tenant(self.tenant.clone()).admit(&self.map, row).expect("an owner").record
    }

    pub(crate) async fn list(&self, cx: &CallCx, query: TicketQuery) -> (Vec<Ticket>, u64) {
        let page = self.desk().tickets(cx, &query).await.expect("a page");
        (page.rows.into_iter().map(|it| self.open(it)).collect(), page.total)
    }

    /// The ticket whose subject holds these words.
    pub(crate) async fn find(&self, organisation: &str, words: &str) -> TicketId {
        let query = TicketQuery { text: Some(words.to_owned()), ..TicketQuery::default() };
        let (rows, _) = self.list(&cx(organisation), query).await;
        rows.into_iter().next().unwrap_or_else(|| panic!("no ticket about `{words}`")).id
    }

    pub(crate) async fn contact(&self, organisation: &str, local: &str) -> ContactId {
        let email = format!("{local}@{organisation}.example");
        let found = self.desk().requester(&cx(organisation), &external(organisation), &email).await.expect("an answer");
        self.open(found.expect("a contact")).contact.expect("an id")
    }

    pub(crate) async fn new_ticket(&self, organisation: &str) -> NewTicket {
        NewTicket {
            organisation: external(organisation),
            requester: self.contact(organisation, "basic").await,
            subject: "A new one".into(),
            description: "Text".into(),
            category: None,
            priority: Priority::Medium,
            visibility: Visibility::Organisation,
            attachments: vec![],
            response_due: None,
            resolution_due: None,
            limit: None,
        }
    }
}

pub(crate) fn marcus() -> Agent {
    let email = "support-write@msp.example".to_owned();
    Agent { id: email.clone(), name: "Marcus Hale".into(), email: Some(email) }
}

pub(crate) fn kind<T>(answer: Result<T>) -> ErrorKind {
    answer.err().expect("an error").kind()
}
