//! The program under test, and a small HTTP handle in place of the gateway's.

use postern_api::http::{Body, ExposeSecret, Http, Request, Response, SecretString, header};
use postern_api::*;
use postern_request_tracker::{Config, authenticator, connect};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Direct {
    base: String,
    credential: Option<SecretString>,
    client: reqwest::Client,
}

#[async_trait]
impl Http for Direct {
    async fn send(&self, cx: &CallCx, request: Request) -> Result<Response> {
        let mut url: reqwest::Url = self.base.parse().expect("the base address");
        url.path_segments_mut().expect("an http address").pop_if_empty().extend(&request.path);
        let mut call = self.client.request(request.method, url).query(&request.query).timeout(cx.remaining());
        if let Some(credential) = &self.credential {
            call = call.header(header::AUTHORIZATION, credential.expose_secret());
        }
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        if let Body::Json(json) = request.body {
            call = call.header(header::CONTENT_TYPE, "application/json").body(json);
        }
        let failed = |e: reqwest::Error| Error::new(ErrorKind::Unavailable, "no answer").because(e);
        let answer = call.send().await.map_err(failed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok(Response { status, headers, body: answer.bytes().await.map_err(failed)? })
    }
}

pub(crate) struct Rig {
    pub(crate) url: String,
    pub(crate) adapter: Arc<dyn Adapter>,
    pub(crate) acme: ExternalId,
    pub(crate) globex: ExternalId,
    pub(crate) map: OrganisationMap,
    pub(crate) jane: ContactId,
    pub(crate) john: ContactId,
    pub(crate) bob: ContactId,
}

pub(crate) fn config(url: &str, name: &str, password: &str) -> Config {
    let mut config = Config::new(url, name);
    config.queue_suffix = " Support".to_owned();
    config.password = Some(SecretString::from(password));
    config
}

impl Rig {
    pub(crate) async fn new(url: &str) -> Self {
        let org = |id: &str| OrganisationId::new(id).expect("an id");
        let ext = |id: &str| ExternalId::new(id).expect("an id");
        let nobody = ContactId::new("1").expect("an id");
        let (acme, globex) = (ext("3"), ext("4"));
        let map = OrganisationMap::new([(org("acme"), acme.clone()), (org("globex"), globex.clone())]);
        let adapter = Self::connect(url, "postern", "postern-pass-1").await;
        let (jane, john, bob) = (nobody.clone(), nobody.clone(), nobody);
        let mut rig = Self { url: url.to_owned(), adapter, acme, globex, map, jane, john, bob };
        let person = async |queue: &ExternalId, email: &str| {
            let row = rig.desk().requester(&rig.tenant(), queue, email).await.expect("a person").expect("somebody");
            rig.open(row).contact.expect("a contact")
        };
        let jane = person(&rig.acme, "jane@acme.example").await;
        let john = person(&rig.acme, "john@acme.example").await;
        let bob = person(&rig.globex, "bob@globex.example").await;
        (rig.jane, rig.john, rig.bob) = (jane, john, bob);
        rig
    }

    async fn connect(url: &str, name: &str, password: &str) -> Arc<dyn Adapter> {
        let config = config(url, name, password);
        let client = reqwest::Client::new();
        let mut http = Direct { base: config.base_url.clone(), credential: None, client };
        let cx = CallCx::new(Reach::Tenant, Duration::from_secs(5));
        let credential = authenticator(&config).credential(&cx, &http).await.expect("a credential");
        http.credential = Some(credential.value);
        connect(config, Arc::new(http)).expect("an adapter")
    }

    /// The same system through another account.
    pub(crate) async fn other(&self, name: &str, password: &str) -> Arc<dyn Adapter> {
        Self::connect(&self.url, name, password).await
    }

    /// Past the adapter, as somebody.
    pub(crate) async fn raw(&self, name: &str, path: &str, body: serde_json::Value) -> reqwest::StatusCode {
        let password = match name {
            "jane" => "jane-pass-1",
            "tech1" => "tech-pass-1",
            other => panic!("no password for {other}"),
        };
        let call = reqwest::Client::new().post(format!("{}/REST/2.0{path}", self.url));
        let call = call.basic_auth(name, Some(password)).header(header::CONTENT_TYPE, "application/json");
        call.body(body.to_string()).send().await.expect("an answer").status()
    }

    pub(crate) fn desk(&self) -> &dyn ServiceDesk {
        self.adapter.service_desk().expect("a service desk")
    }

    pub(crate) fn crm(&self) -> &dyn Crm {
        self.adapter.crm().expect("customer records")
    }

    fn cx(reach: Reach) -> CallCx {
        CallCx::new(reach, Duration::from_secs(60))
    }

    pub(crate) fn tenant(&self) -> CallCx {
        Self::cx(Reach::Tenant)
    }

    pub(crate) fn at_acme(&self) -> CallCx {
        Self::cx(Reach::Organisations(vec![self.acme.clone()]))
    }

    /// Opens a row that must be one of the two customers'.
    pub(crate) fn open<T>(&self, row: Owned<T>) -> T {
        let scope = Scope::whole_tenant(TenantId::new("msp").expect("an id"));
        scope.admit(&self.map, row).expect("a known owner").record
    }

    /// Opens a row that must be Acme's.
    pub(crate) fn acmes<T>(&self, row: Owned<T>) -> T {
        let acme = OrganisationId::new("acme").expect("an id");
        let scope = Scope::organisation(TenantId::new("msp").expect("an id"), acme);
        scope.admit(&self.map, row).expect("Acme's row").record
    }

    pub(crate) async fn list(&self, query: &TicketQuery) -> (Vec<Ticket>, u64) {
        let page = self.desk().tickets(&self.at_acme(), query).await.expect("tickets");
        (page.rows.into_iter().map(|row| self.acmes(row)).collect(), page.total)
    }

    pub(crate) async fn get(&self, id: &str) -> Ticket {
        self.acmes(self.desk().ticket(&self.at_acme(), &ticket(id)).await.expect("a ticket"))
    }

    pub(crate) fn new_ticket(&self, word: &str) -> NewTicket {
        NewTicket {
            organisation: self.acme.clone(),
            requester: self.jane.clone(),
            subject: format!("Trial {word}"),
            description: format!("Text of {word}"),
            category: None,
            priority: Priority::Medium,
            visibility: Visibility::Organisation,
            attachments: vec![],
            response_due: None,
            resolution_due: None,
            limit: None,
        }
    }

    pub(crate) async fn create(&self, new: &NewTicket) -> Ticket {
        self.acmes(self.desk().create(&self.at_acme(), new).await.expect("a created ticket"))
    }
}

pub(crate) fn ticket(id: &str) -> TicketId {
    TicketId::new(id).expect("an id")
}

pub(crate) fn staff() -> Agent {
    Agent { id: "e-7".into(), name: "Sam Service".into(), email: Some("sam@msp.example".into()) }
}

/// A word that nobody else uses.
pub(crate) fn word() -> String {
    format!("w{}", jiff::Timestamp::now().as_nanosecond())
}
