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
    /// Writes answer with a record that is nobody's.
    WritesStray,
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
    /// Whether every string that is nobody's own holds [`PASSWORD`] and [`ADDRESS`]. The records below name each field of
    /// each type, so that one that is added cannot be left out.
    pub(crate) stuffed: bool,
}

/// What nobody may read.
pub(crate) const PASSWORD: &str = "Tr0ub4dor&3-Winter";
/// What no customer may read.
pub(crate) const ADDRESS: &str = "zoe.canary@elsewhere.example";

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
            stuffed: false,
        }
    }

    pub(crate) fn in_trouble(trouble: Trouble) -> Self {
        Self { trouble, ..Self::honest() }
    }

    /// Every row is these owners'.
    pub(crate) fn of(owners: Vec<Owner>) -> Self {
        Self { owners, ..Self::honest() }
    }

    /// A string of a record.
    fn string(&self, usual: &str) -> String {
        if self.stuffed { format!("{usual}, password: {PASSWORD} or {ADDRESS}") } else { usual.to_owned() }
    }

    fn text(&self, usual: &str) -> Text {
        Text::new(self.string(usual))
    }

    /// An e-mail address: also a lead sees a colleague's, so it holds the password alone. The caller's stays, to be found.
    fn mail(&self, nth: usize) -> String {
        match (nth, self.stuffed) {
            (0, _) => "jane@acme.example".into(),
            (_, true) => format!("c{nth}@acme.example password: {PASSWORD}"),
            (_, false) => format!("c{nth}@acme.example"),
        }
    }

    fn name(&self, nth: usize) -> String {
        if nth == 0 { self.string("Jane Smith") } else { self.string(&format!("Colleague {nth}")) }
    }

    async fn read(&self) -> Result<()> {
        match &self.trouble {
            Trouble::None | Trouble::Huge(_) | Trouble::WritesStray | Trouble::WritesFail(_) => Ok(()),
            Trouble::Fails { kind, said } => {
                let cause = std::io::Error::other("vendor words: Bearer eyJhbGciOi");
                Err(Error::new(*kind, *said)
                    .with("body", "vendor words: <html>at Vendor.Sql.Query()</html>")
                    .because(cause))
            }
            Trouble::Hangs => std::future::pending().await,
            Trouble::Panics => panic!("CANARY-panic"),
        }
    }

    async fn write(&self) -> Result<()> {
        if let Trouble::WritesFail(kind) = &self.trouble {
            return Err(Error::new(*kind, "the connected system says no").with("body", "vendor words"));
        }
        self.read().await
    }

    fn first<T>(&self, record: T) -> Owned<T> {
        Owned::new(self.owners[0].clone(), record)
    }

    fn written<T>(&self, record: T) -> Owned<T> {
        if matches!(self.trouble, Trouble::WritesStray) { Owned::new(owner("99"), record) } else { self.first(record) }
    }

    fn each<T>(&self, record: impl Fn(usize) -> T) -> Vec<Owned<T>> {
        self.owners.iter().enumerate().map(|(nth, owner)| Owned::new(owner.clone(), record(nth))).collect()
    }

    fn page<T>(&self, record: impl Fn(usize) -> T) -> Page<Owned<T>> {
        Page { rows: self.each(record), total: self.owners.len() as u64, truncated: false }
    }

    fn description(&self) -> Text {
        if let Trouble::Huge(length) = self.trouble {
            return Text::new("long ".repeat(length / 5));
        }
        self.text(&self.text)
    }

    pub(crate) fn ticket_of_row(&self, nth: usize) -> Ticket {
        let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
        let staff = Agent {
            id: self.string("CANARY-agent-id"),
            name: self.string("Marcus Hale"),
            email: Some(self.string("CANARY-agent@msp.example")),
        };
        let comment = |id: &str, internal: bool, body: &str| Comment {
            id: CommentId::new(id).unwrap(),
            author: Author::Agent(staff.clone()),
            body: self.text(body),
            created_at: now - hour,
            internal,
        };
        let file = |id: &str, internal: bool, name: &str| Attachment {
            id: AttachmentId::new(id).unwrap(),
            name: self.text(name),
            content_type: self.string("text/plain"),
            size: 7,
            created_at: now - hour,
            internal,
        };
        Ticket {
            id: TicketId::new(&format!("T-{}", nth + 1)).unwrap(),
            subject: self.text(&format!("Ticket of row {nth}")),
            description: self.description(),
            status: TicketStatus::Open,
            priority: Priority::High,
            category: self.string("General"),
            visibility: self.visibility,
            requester: Person {
                contact: Some(ContactId::new(self.requester).unwrap()),
                name: self.name(0),
                email: Some(self.mail(0)),
            },
            assignee: Some(staff.clone()),
            created_at: now - hour - hour,
            updated_at: now,
            public_updated_at: now - hour,
            sla: Sla { breach_reason: Some(self.string("CANARY-breach")), ..Sla::default() },
            public_comments: 1,
            internal_comments: 1,
            comments: vec![
                comment("M-1", false, "We are on it, says CANARY-agent@msp.example of CANARY-team"),
                comment("M-2", true, "CANARY-note"),
            ],
            attachments: vec![file("A-1", false, "log.txt"), file("A-2", true, "CANARY-file.txt")],
            escalations: vec![Escalation {
                target: self.string("CANARY-team"),
                reason: self.text("CANARY-reason"),
                by: self.string("CANARY-by"),
                at: now - hour,
            }],
            resolution: self.stuffed.then(|| self.text("Solved")),
        }
    }

    fn contact(&self, nth: usize) -> Contact {
        Contact {
            id: ContactId::new(&format!("C-{}", nth + 1)).unwrap(),
            name: self.name(nth),
            email: Some(self.mail(nth)),
            phone: Some(self.string("+1 202 555 0143")),
            active: true,
            title: self.stuffed.then(|| self.string("Head of IT")),
            notes: Some(self.string("CANARY-contact-note")),
        }
    }

    fn login(&self, nth: usize) -> Login {
        Login {
            id: ContactId::new(&format!("C-{}", nth + 1)).unwrap(),
            name: self.name(nth),
            email: self.mail(nth),
            role: if nth == 0 { LoginRole::Lead } else { LoginRole::Basic },
            status: LoginStatus::Active,
            last_login: None,
            expires_at: None,
        }
    }

    fn article(&self, nth: usize) -> Article {
        Article {
            id: ArticleId::new(&format!("K-{}", nth + 1)).unwrap(),
            title: self.text(if self.public_article { "Public" } else { "CANARY-title" }),
            category: self.string("General"),
            summary: self.text("Summary"),
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
            0 => Ok(self.page(|nth| self.ticket_of_row(nth))),
            _ => Ok(Page { rows: vec![], total: self.owners.len() as u64, truncated: false }),
        }
    }
    async fn ticket(&self, _: &CallCx, _: &TicketId) -> Result<Owned<Ticket>> {
        self.read().await?;
        Ok(self.first(self.ticket_of_row(0)))
    }
    async fn create(&self, _: &CallCx, _: &NewTicket) -> Result<Owned<Ticket>> {
        self.write().await?;
        Ok(self.written(self.ticket_of_row(0)))
    }
    async fn comment(&self, _: &CallCx, _: &TicketId, _: &NewComment) -> Result<Owned<Comment>> {
        self.write().await?;
        Ok(self.written(self.ticket_of_row(0).comments.remove(0)))
    }
    async fn close(&self, _: &CallCx, _: &TicketId, _: &Closure) -> Result<Owned<Ticket>> {
        self.write().await?;
        Ok(self.written(self.ticket_of_row(0)))
    }
    async fn escalate(&self, _: &CallCx, _: &TicketId, _: &NewEscalation) -> Result<Owned<Ticket>> {
        self.write().await?;
        Ok(self.written(self.ticket_of_row(0)))
    }
    async fn requester(&self, _: &CallCx, organisation: &ExternalId, _: &str) -> Result<Option<Owned<Person>>> {
        let person = Person { contact: Some(ContactId::new("C-1").unwrap()), name: self.name(0), email: None };
        Ok(Some(Owned::new(Owner::Organisation(organisation.clone()), person)))
    }
}

#[async_trait]
impl Crm for Liar {
    async fn organisation(&self, _: &CallCx, id: &ExternalId) -> Result<Owned<Organisation>> {
        self.read().await?;
        Ok(self.first(Organisation {
            id: id.clone(),
            name: self.string("Acme"),
            domains: if self.stuffed {
                vec![self.string("x"), "acme.example".into()]
            } else {
                vec!["acme.example".into()]
            },
            subscription_tier: self.stuffed.then(|| self.string("enterprise")),
            sla_tier: self.stuffed.then(|| self.string("gold")),
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
        let mut logins = vec![Owned::new(own.clone(), self.login(0)), Owned::new(own, self.login(1))];
        let foreign = self.owners.iter().enumerate().skip(1);
        logins.extend(foreign.map(|(nth, owner)| Owned::new(owner.clone(), self.login(nth + 10))));
        Ok(logins)
    }
    async fn invite(&self, _: &CallCx, _: &Invitation) -> Result<Owned<Login>> {
        self.write().await?;
        Ok(self.written(self.login(1)))
    }
    async fn transfer_lead(&self, _: &CallCx, _: &LeadTransfer) -> Result<Owned<Login>> {
        self.write().await?;
        Ok(self.written(self.login(1)))
    }
    async fn role_changes(&self, _: &CallCx, _: &ExternalId) -> Result<Vec<Owned<RoleChange>>> {
        self.read().await?;
        Ok(self.each(|_| RoleChange {
            login: ContactId::new("C-1").unwrap(),
            email: self.mail(0),
            from: None,
            to: LoginRole::Lead,
            by: self.string("Kenji"),
            reason: self.stuffed.then(|| self.string("She asked")),
            at: Timestamp::now(),
        }))
    }
}
