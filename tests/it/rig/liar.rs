//! An adapter that does to the gateway what no vendor should.

use jiff::{SignedDuration, Timestamp};
use postern_api::*;
use std::time::Duration;

/// What goes wrong in every call but the one that finds the requester.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// An error of this kind, with `said` as its message.
    Fails { kind: ErrorKind, said: &'static str },
    /// It never answers.
    Hangs,
    /// It panics.
    Panics,
    /// Its texts are this long.
    Huge(usize),
    /// Reads answer and writes fail with this kind.
    WritesFail(ErrorKind),
}

/// The adapter. Its records hold `CANARY` in every field that customers may not see.
#[derive(Debug, Clone)]
pub(crate) struct Liar {
    pub(crate) trouble: Trouble,
    /// Whose each row of a list is; single records are the first's.
    pub(crate) owners: Vec<Owner>,
    /// What the tickets' description is.
    pub(crate) text: String,
    /// Whose tickets they are, and who may read them.
    pub(crate) requester: &'static str,
    pub(crate) visibility: Visibility,
    pub(crate) public_article: bool,
}

/// One of the vendor's organisations.
pub(crate) fn owner(id: &str) -> Owner {
    Owner::Organisation(ExternalId::new(id).unwrap())
}

impl Liar {
    /// An adapter that behaves; a test then breaks one thing.
    pub(crate) fn honest() -> Self {
        Self {
            trouble: Trouble::None,
            owners: vec![owner("12")],
            text: "It does not work.".into(),
            requester: "C-1",
            visibility: Visibility::Organisation,
            public_article: true,
        }
    }

    pub(crate) fn in_trouble(trouble: Trouble) -> Self {
        Self { trouble, ..Self::honest() }
    }

    /// Every row is these owners'.
    pub(crate) fn of(owners: Vec<Owner>) -> Self {
        Self { owners, ..Self::honest() }
    }

    async fn read(&self) -> Result<()> {
        match &self.trouble {
            Trouble::None | Trouble::Huge(_) | Trouble::WritesFail(_) => Ok(()),
            Trouble::Fails { kind, said } => {
                let cause = std::io::Error::other("CANARY-source Bearer eyJhbGciOi");
                Err(Error::new(*kind, *said)
                    .with("body", "CANARY-context <html>at Vendor.Sql.Query()</html>")
                    .because(cause))
            }
            Trouble::Hangs => std::future::pending().await,
            Trouble::Panics => panic!("CANARY-panic"),
        }
    }

    async fn write(&self) -> Result<()> {
        match &self.trouble {
            Trouble::WritesFail(kind) => Err(Error::new(*kind, "the connected system says no").with("body", "CANARY")),
            _ => self.read().await,
        }
    }

    fn first<T>(&self, record: T) -> Owned<T> {
        Owned::new(self.owners[0].clone(), record)
    }

    fn each<T>(&self, record: impl Fn(usize) -> T) -> Vec<Owned<T>> {
        self.owners.iter().enumerate().map(|(nth, owner)| Owned::new(owner.clone(), record(nth))).collect()
    }

    fn page<T>(&self, record: impl Fn(usize) -> T) -> Page<Owned<T>> {
        Page { rows: self.each(record), total: self.owners.len() as u64, truncated: false }
    }

    fn description(&self) -> Text {
        match self.trouble {
            Trouble::Huge(length) => Text::new("long ".repeat(length / 5)),
            _ => Text::new(&self.text),
        }
    }

    fn ticket(&self, nth: usize) -> Ticket {
        let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
        let staff = Agent {
            id: "CANARY-agent-id".into(),
            name: "Marcus Hale".into(),
            email: Some("CANARY-agent@msp.example".into()),
        };
        let comment = |id: &str, internal: bool, body: &str| Comment {
            id: CommentId::new(id).unwrap(),
            author: Author::Agent(staff.clone()),
            body: Text::new(body),
            created_at: now - hour,
            internal,
        };
        let file = |id: &str, internal: bool, name: &str| Attachment {
            id: AttachmentId::new(id).unwrap(),
            name: Text::new(name),
            content_type: "text/plain".into(),
            size: 7,
            created_at: now - hour,
            internal,
        };
        Ticket {
            id: TicketId::new(&format!("T-{}", nth + 1)).unwrap(),
            subject: Text::new(format!("Ticket of row {nth}")),
            description: self.description(),
            status: TicketStatus::Open,
            priority: Priority::High,
            category: "General".into(),
            visibility: self.visibility,
            requester: Person {
                contact: Some(ContactId::new(self.requester).unwrap()),
                name: "Jane Smith".into(),
                email: Some("jane@acme.example".into()),
            },
            assignee: Some(staff.clone()),
            created_at: now - hour - hour,
            updated_at: now,
            public_updated_at: now - hour,
            sla: Sla { breach_reason: Some("CANARY-breach".into()), ..Sla::default() },
            public_comments: 1,
            internal_comments: 1,
            comments: vec![
                comment("M-1", false, "We are on it, says CANARY-agent@msp.example of CANARY-team"),
                comment("M-2", true, "CANARY-note"),
            ],
            attachments: vec![file("A-1", false, "log.txt"), file("A-2", true, "CANARY-file.txt")],
            escalations: vec![Escalation {
                target: "CANARY-team".into(),
                reason: Text::new("CANARY-reason"),
                by: "CANARY-by".into(),
                at: now - hour,
            }],
            resolution: None,
        }
    }

    fn contact(&self, nth: usize) -> Contact {
        Contact {
            id: ContactId::new(&format!("C-{}", nth + 1)).unwrap(),
            name: if nth == 0 { "Jane Smith".into() } else { format!("Colleague {nth}") },
            email: Some(if nth == 0 { "jane@acme.example".into() } else { format!("c{nth}@acme.example") }),
            phone: Some("+1 202 555 0143".into()),
            active: true,
            title: None,
            notes: Some("CANARY-contact-note".into()),
        }
    }

    fn login(nth: usize) -> Login {
        Login {
            id: ContactId::new(&format!("C-{}", nth + 1)).unwrap(),
            name: if nth == 0 { "Jane Smith".into() } else { format!("Colleague {nth}") },
            email: if nth == 0 { "jane@acme.example".into() } else { format!("c{nth}@acme.example") },
            role: if nth == 0 { LoginRole::Lead } else { LoginRole::Basic },
            status: LoginStatus::Active,
            last_login: None,
            expires_at: None,
        }
    }

    fn article(&self, nth: usize) -> Article {
        Article {
            id: ArticleId::new(&format!("K-{}", nth + 1)).unwrap(),
            title: Text::new(if self.public_article { "Public" } else { "CANARY-title" }),
            category: "General".into(),
            summary: Text::new("Summary"),
            body: self.description(),
            public: self.public_article,
            views: 1,
            helpful_percentage: None,
            relevance: Some(1.0),
            updated_at: Timestamp::now(),
        }
    }
}

#[async_trait]
impl Adapter for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }
    fn supports(&self) -> &'static [Op] {
        &Op::ALL
    }
    async fn probe(&self, _: &CallCx) -> Result<()> {
        tokio::time::sleep(Duration::ZERO).await;
        Ok(())
    }
    fn service_desk(&self) -> Option<&dyn ServiceDesk> {
        Some(self)
    }
    fn crm(&self) -> Option<&dyn Crm> {
        Some(self)
    }
    fn knowledge(&self) -> Option<&dyn KnowledgeBase> {
        Some(self)
    }
    fn identity(&self) -> Option<&dyn Identity> {
        Some(self)
    }
}

#[async_trait]
impl ServiceDesk for Liar {
    async fn tickets(&self, _: &CallCx, query: &TicketQuery) -> Result<Page<Owned<Ticket>>> {
        self.read().await?;
        match query.offset {
            0 => Ok(self.page(|nth| self.ticket(nth))),
            _ => Ok(Page { rows: vec![], total: self.owners.len() as u64, truncated: false }),
        }
    }
    async fn ticket(&self, _: &CallCx, _: &TicketId) -> Result<Owned<Ticket>> {
        self.read().await?;
        Ok(self.first(self.ticket(0)))
    }
    async fn create(&self, _: &CallCx, _: &NewTicket) -> Result<Owned<Ticket>> {
        self.write().await?;
        Ok(self.first(self.ticket(0)))
    }
    async fn comment(&self, _: &CallCx, _: &TicketId, _: &NewComment) -> Result<Owned<Comment>> {
        self.write().await?;
        Ok(self.first(self.ticket(0).comments.remove(0)))
    }
    async fn close(&self, _: &CallCx, _: &TicketId, _: &Closure) -> Result<Owned<Ticket>> {
        self.write().await?;
        Ok(self.first(self.ticket(0)))
    }
    async fn escalate(&self, _: &CallCx, _: &TicketId, _: &NewEscalation) -> Result<Owned<Ticket>> {
        self.write().await?;
        Ok(self.first(self.ticket(0)))
    }
    async fn requester(&self, _: &CallCx, organisation: &ExternalId, _: &str) -> Result<Option<Owned<Person>>> {
        let person = Person { contact: Some(ContactId::new("C-1").unwrap()), name: "Jane Smith".into(), email: None };
        Ok(Some(Owned::new(Owner::Organisation(organisation.clone()), person)))
    }
}

#[async_trait]
impl Crm for Liar {
    async fn organisation(&self, _: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        self.read().await?;
        Ok(self.first(Organisation {
            id: id.clone(),
            name: "Acme".into(),
            domains: vec!["acme.example".into()],
            subscription_tier: None,
            sla_tier: None,
            status: OrganisationStatus::Active,
            limits: Limits::default(),
            sla: None,
        }))
    }
    async fn contacts(&self, _: &CallCx, _: &ExternalId) -> Result<Vec<Owned<Contact>>> {
        self.read().await?;
        Ok(self.each(|nth| self.contact(nth)))
    }
    async fn contact(&self, _: &CallCx, _: &ContactId) -> Result<Owned<Contact>> {
        self.read().await?;
        Ok(self.first(self.contact(0)))
    }
}

#[async_trait]
impl KnowledgeBase for Liar {
    async fn search(&self, _: &CallCx, _: &ArticleQuery) -> Result<Page<Owned<Article>>> {
        self.read().await?;
        Ok(Page { rows: vec![Owned::new(Owner::Tenant, self.article(0))], total: 1, truncated: false })
    }
    async fn article(&self, _: &CallCx, _: &ArticleId) -> Result<Owned<Article>> {
        self.read().await?;
        Ok(Owned::new(Owner::Tenant, self.article(0)))
    }
}

#[async_trait]
impl Identity for Liar {
    async fn logins(&self, _: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Login>>> {
        self.read().await?;
        // The lead and a colleague are always there, so that what comes after them is reached.
        let own = Owner::Organisation(organisation.clone());
        let mut logins = vec![Owned::new(own.clone(), Self::login(0)), Owned::new(own, Self::login(1))];
        let foreign = self.owners.iter().enumerate().skip(1);
        logins.extend(foreign.map(|(nth, owner)| Owned::new(owner.clone(), Self::login(nth + 10))));
        Ok(logins)
    }
    async fn invite(&self, _: &CallCx, _: &Invitation) -> Result<Owned<Login>> {
        self.write().await?;
        Ok(self.first(Self::login(1)))
    }
    async fn transfer_lead(&self, _: &CallCx, _: &LeadTransfer) -> Result<Owned<Login>> {
        self.write().await?;
        Ok(self.first(Self::login(1)))
    }
    async fn role_changes(&self, _: &CallCx, _: &ExternalId) -> Result<Vec<Owned<RoleChange>>> {
        self.read().await?;
        Ok(self.each(|_| RoleChange {
            login: ContactId::new("C-1").unwrap(),
            email: "jane@acme.example".into(),
            from: None,
            to: LoginRole::Lead,
            by: "Kenji".into(),
            reason: None,
            at: Timestamp::now(),
        }))
    }
}
