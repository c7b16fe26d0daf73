//! The adapter over the built-in ledger with the demo's people, and a mailer that does as it is told.

use parking_lot::Mutex;
use postern_api::mail::{Mail, Mailer, Subscription, Unsubscribing};
use postern_api::*;
use postern_embedded::Embedded;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Keeps what it is given, and answers as it is told.
#[derive(Debug, Default)]
pub(crate) struct Post {
    pub(crate) sent: Mutex<Vec<Mail>>,
    /// What is said to the next mails, in order; nothing left: taken.
    pub(crate) answers: Mutex<VecDeque<ErrorKind>>,
}

#[async_trait]
impl Mailer for Post {
    async fn deliver(&self, _cx: &CallCx, mails: Vec<Mail>) -> Vec<Result<()>> {
        let mut answers = Vec::new();
        for mail in mails {
            let answer = self.answers.lock().pop_front();
            if matches!(answer, None | Some(ErrorKind::OutcomeUnknown)) {
                self.sent.lock().push(mail);
            }
            answers.push(answer.map_or(Ok(()), |kind| Err(Error::new(kind, "as it was told"))));
        }
        answers
    }

    async fn probe(&self, _cx: &CallCx) -> Result<()> {
        Ok(())
    }
}

/// Links that say who leaves what.
#[derive(Debug)]
pub(crate) struct Links;

impl Unsubscribing for Links {
    fn link(&self, it: &Subscription) -> Result<String> {
        Ok(format!("https://gateway.example/unsubscribe/{}-{}-{:?}", it.organisation, it.contact, it.topic))
    }
}

pub(crate) struct Bench {
    pub(crate) embedded: Embedded,
    pub(crate) tenant: TenantId,
    pub(crate) ledger: Arc<dyn NoticeLedger>,
    pub(crate) post: Arc<Post>,
    pub(crate) adapter: Arc<dyn Adapter>,
}

pub(crate) fn external(id: &str) -> ExternalId {
    ExternalId::new(id).expect("an id")
}

pub(crate) fn cx() -> CallCx {
    CallCx::new(Reach::Organisations(vec![external("acme")]), Duration::from_secs(10))
}

impl Bench {
    pub(crate) fn new() -> Self {
        let (embedded, tenant) =
            (Embedded::open_in_memory().expect("a database"), TenantId::new("msp").expect("an id"));
        postern_embedded::demo::seed(&embedded, &tenant, jiff::Timestamp::now()).expect("a demo");
        let (ledger, post) = (embedded.notice_ledger(&tenant), Arc::new(Post::default()));
        let config = toml::from_str("sender = \"Example MSP\"").expect("a configuration");
        let adapter = postern_smtp::connect(config, post.clone(), ledger.clone(), Arc::new(Links));
        Self { embedded, tenant, ledger, post, adapter }
    }

    /// A contact of an organisation, as somebody to tell.
    pub(crate) async fn recipient(&self, organisation: &str, email: &str) -> Recipient {
        let crm = self.embedded.for_tenant(&self.tenant);
        let map = self.embedded.organisation_map(&self.tenant).expect("a map");
        let scope = Scope::whole_tenant(self.tenant.clone());
        let cx = CallCx { reach: Reach::Tenant, ..cx() };
        let rows = crm.crm().expect("a CRM").contacts(&cx, &external(organisation)).await.expect("contacts");
        let mut contacts = rows.into_iter().map(|it| scope.admit(&map, it).expect("ours").record);
        let found = contacts.find(|it| it.email.as_deref() == Some(email)).expect("a contact");
        Recipient { contact: found.id, name: found.name, email: email.to_owned() }
    }

    pub(crate) async fn notice(&self, emails: &[&str], topic: Topic) -> NewNotice {
        let mut recipients = Vec::new();
        for email in emails {
            recipients.push(self.recipient("acme", email).await);
        }
        NewNotice {
            organisation: external("acme"),
            recipients,
            channel: Channel::Email,
            topic,
            subject: "News".into(),
            body: "The portal has changed.".into(),
            daily_cap: None,
            by: "Kit".into(),
        }
    }

    pub(crate) async fn send(&self, cx: &CallCx, new: &NewNotice) -> Result<Vec<Notice>> {
        let rows = self.adapter.notifications().expect("a port").send(cx, new).await?;
        let map = self.embedded.organisation_map(&self.tenant).expect("a map");
        let scope = Scope::whole_tenant(self.tenant.clone());
        Ok(rows.into_iter().map(|it| scope.admit(&map, it).expect("ours").record).collect())
    }

    /// How the notices about "News" stand, newest first.
    pub(crate) async fn states(&self) -> Vec<(Option<String>, NoticeState)> {
        let query =
            NoticeQuery { organisation: external("acme"), recipient: None, topic: None, since: None, limit: 200 };
        let rows = self.ledger.notices(&cx(), &query).await.expect("notices");
        let map = self.embedded.organisation_map(&self.tenant).expect("a map");
        let scope = Scope::whole_tenant(self.tenant.clone());
        let all = rows.into_iter().map(|it| scope.admit(&map, it).expect("ours").record);
        all.filter(|it| it.subject.expose() == "News").map(|it| (it.email, it.state)).collect()
    }

    /// How often somebody finds "News" in the portal.
    pub(crate) fn in_portal(&self, who: &Recipient) -> usize {
        let told = self.embedded.notifications(&self.tenant, &who.contact).expect("notifications");
        told.into_iter().filter(|it| it.1.starts_with("News")).count()
    }
}
