//! Opening a customer's portal: one workspace each, and who is to be let in.
//!
//! **Invariant:** a customer never gets a second workspace, and never one that shows what is not for customers.

use super::governed::{
    Beside, access_roles, blocked, by, grantable, named, names_nobody_else, of_customer, portal_users, role_stands,
    words,
};
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::refusal::{Missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use postern_api::{
    AccessRole, AccessRoleId, Branding, DocumentId, ErrorKind, InvoiceId, InvoiceStatus, NewWorkspace, Op,
    OrganisationId, Pii, PiiKind, ProjectId, Right, Text, VersionState, WorkspaceId,
};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const ACTIVATION_PREVIEW: &str = "Preview the opening of a customer's portal: the workspace, who is let in with \
    which role, which documents, service records and invoices it shows, and the welcome text. Opens nothing. What is not \
    approved, internal or another customer's is refused.";
pub(super) const WORKSPACE: &str = "Open a customer's portal, as it was previewed. Takes the ID of the preview; the service \
    lead approves it first. Then `portal.user.invite` invites those whom the preview names.";

/// The most of each kind that one activation names.
const MOST: usize = 100;

/// Somebody to let in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Invitee {
    /// The e-mail address, of one of the customer's domains.
    pub(super) email: EmailAddress,
    /// The given name.
    pub(super) first_name: Line<100>,
    /// The family name.
    pub(super) last_name: Line<100>,
    /// The access role.
    pub(super) role_id: AccessRoleId,
}

/// Open a customer's portal.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWorkspace {
    /// Whose portal.
    pub(super) customer_id: OrganisationId,
    /// What people are greeted with; the portal's usual words otherwise.
    #[serde(default)]
    welcome_text: Option<Prose<2_000>>,
    /// What a new user may see; the portal's default role otherwise.
    #[serde(default)]
    default_role_id: Option<AccessRoleId>,
    /// Service records that it shows.
    #[serde(default)]
    #[schemars(length(max = 100))]
    service_record_ids: Vec<ProjectId>,
    /// Documents that it shows.
    #[serde(default)]
    #[schemars(length(max = 100))]
    document_ids: Vec<DocumentId>,
    /// Invoices that it shows.
    #[serde(default)]
    #[schemars(length(max = 100))]
    invoice_ids: Vec<InvoiceId>,
    /// Who is to be invited, each with a role.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub(super) users: Vec<Invitee>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Created {
    workspace_id: WorkspaceId,
    active: bool,
    message: &'static str,
    to_invite: usize,
}

#[derive(Debug, Serialize)]
struct Named<I: Serialize> {
    id: I,
    name: Text,
}

#[derive(Debug, Serialize)]
struct InviteeView {
    name: Pii,
    email: Pii,
    role: Text,
    rights: Vec<Right>,
}

#[derive(Debug, Serialize)]
struct WorkspaceFacts {
    action: &'static str,
    customer_id: OrganisationId,
    name: Text,
    welcome_text: Text,
    default_role: Text,
    default_rights: Vec<Right>,
    service_records: Vec<Named<ProjectId>>,
    documents: Vec<Named<DocumentId>>,
    invoices: Vec<Named<InvoiceId>>,
    users: Vec<InviteeView>,
    portal_domain: Option<Text>,
    support_entry: &'static str,
    changes: Vec<Beside>,
}

/// Everything that was looked at, and how each record stands.
struct Look {
    name: String,
    branding: Branding,
    default_role: AccessRole,
    roles: Vec<AccessRole>,
    records: Vec<Named<ProjectId>>,
    documents: Vec<Named<DocumentId>>,
    invoices: Vec<Named<InvoiceId>>,
    targets: Vec<(String, String)>,
}

impl CreateWorkspace {
    fn bounds(&self) -> Result<(), Refusal> {
        for (argument, many) in [
            ("service_record_ids", self.service_record_ids.len()),
            ("document_ids", self.document_ids.len()),
            ("invoice_ids", self.invoice_ids.len()),
            ("users", self.users.len()),
        ] {
            if many > MOST {
                return Err(Refusal::argument(argument, format!("expected at most {MOST}, got {many}")));
            }
        }
        for (place, invitee) in self.users.iter().enumerate() {
            if self.users.iter().take(place).any(|it| it.email == invitee.email) {
                return Err(Refusal::argument("users", "expected each address once"));
            }
        }
        Ok(())
    }

    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        self.bounds()?;
        let portal = cx.portal()?;
        let external = named(cx, &portal, &self.customer_id)?;
        let crm = cx.crm()?;
        let customer = named(cx, &crm, &self.customer_id)?;
        let found =
            crm.timed(crm.port.organisation(&crm.cx, &customer)).await.or_missing(Code::OrganizationNotFound)?;
        let organisation = of_customer(crm.open(found, Code::OrganizationNotFound)?, &self.customer_id)?;
        if portal.timed(portal.port.workspace(&portal.cx, &external)).await?.is_some() {
            return Err(blocked("this customer has a portal already"));
        }
        let branding = portal.timed(portal.port.branding(&portal.cx)).await?;
        let roles = access_roles(cx).await?;
        let default_role = match &self.default_role_id {
            Some(id) => grantable(&roles, std::slice::from_ref(id), "default_role_id")?.first().copied(),
            None => roles.iter().find(|it| it.is_default && !it.internal),
        };
        let default_role = default_role.cloned().ok_or_else(|| {
            Refusal::argument("default_role_id", "the portal has no default role; expected an access role")
        })?;
        if default_role.rights.contains(&Right::UserManagement) {
            return Err(blocked("a role that manages users is never what every new user gets"));
        }
        let mut targets = vec![
            ("workspace".to_owned(), "none".to_owned()),
            ("branding".to_owned(), format!("{:?}", branding.updated_at)),
            (format!("role:{}", default_role.id), role_stands(&default_role)),
        ];
        let ids: Vec<_> = self.users.iter().map(|it| it.role_id.clone()).collect();
        for role in grantable(&roles, &ids, "users")? {
            targets.push((format!("role:{}", role.id), role_stands(role)));
        }
        let there = portal_users(cx, &self.customer_id).await?;
        for invitee in &self.users {
            if !organisation.domains.iter().any(|it| it.eq_ignore_ascii_case(invitee.email.domain())) {
                return Err(blocked("a person to invite has no address of the customer's domains"));
            }
            if there.iter().any(|it| it.email.eq_ignore_ascii_case(invitee.email.as_str())) {
                return Err(Refusal::new(Code::ContactExists, "a person to invite has a login already"));
            }
        }
        if let Some(text) = &self.welcome_text {
            names_nobody_else(cx, &self.customer_id, &[text.as_str()]).await?;
        }
        let records = self.records(cx, &mut targets).await?;
        let documents = self.documents(cx, &mut targets).await?;
        let invoices = self.invoices(cx, &mut targets).await?;
        Ok(Look { name: organisation.name, branding, default_role, roles, records, documents, invoices, targets })
    }

    async fn records(
        &self,
        cx: &ToolCx,
        targets: &mut Vec<(String, String)>,
    ) -> Result<Vec<Named<ProjectId>>, Refusal> {
        let mut shown = Vec::new();
        for id in &self.service_record_ids {
            let port = cx.projects()?;
            let found = port.timed(port.port.project(&port.cx, id)).await.or_missing(Code::RecordNotFound)?;
            let record = of_customer(port.open(found, Code::RecordNotFound)?, &self.customer_id)?;
            if !record.customer_visible {
                return Err(blocked("a service record is not for customers"));
            }
            if let Some(text) = &self.welcome_text {
                let notes = record.timeline.iter().filter(|it| it.internal).map(|it| &it.text);
                let mut notes = notes.chain(&record.notes);
                let known = [&record.name];
                if notes.any(|it| it.quoted_in(text.as_str(), 5) || it.betrayed_by(text.as_str(), &known)) {
                    return Err(blocked("the welcome text holds words of an internal note"));
                }
            }
            targets.push((format!("service_record:{id}"), record.updated_at.to_string()));
            shown.push(Named { id: record.id, name: record.name });
        }
        Ok(shown)
    }

    async fn documents(
        &self,
        cx: &ToolCx,
        targets: &mut Vec<(String, String)>,
    ) -> Result<Vec<Named<DocumentId>>, Refusal> {
        let mut shown = Vec::new();
        for id in &self.document_ids {
            let port = cx.documents()?;
            let found = port.timed(port.port.document(&port.cx, id)).await.or_missing(Code::RecordNotFound)?;
            let document = of_customer(port.open(found, Code::RecordNotFound)?, &self.customer_id)?;
            if document.internal {
                return Err(blocked("a document is internal"));
            }
            if document.latest().is_none_or(|it| it.state != VersionState::Approved) {
                return Err(blocked("the newest version of a document is not approved"));
            }
            targets.push((format!("document:{id}"), document.updated_at.to_string()));
            shown.push(Named { id: document.id, name: document.name });
        }
        Ok(shown)
    }

    async fn invoices(
        &self,
        cx: &ToolCx,
        targets: &mut Vec<(String, String)>,
    ) -> Result<Vec<Named<InvoiceId>>, Refusal> {
        let mut shown = Vec::new();
        for id in &self.invoice_ids {
            let port = cx.billing()?;
            let found = port.timed(port.port.invoice(&port.cx, id)).await.or_missing(Code::RecordNotFound)?;
            let invoice = of_customer(port.open(found, Code::RecordNotFound)?, &self.customer_id)?;
            if !invoice.customer_visible || invoice.status == InvoiceStatus::Draft {
                return Err(blocked("an invoice is not for customers"));
            }
            targets.push((format!("invoice:{id}"), format!("{:?} {}", invoice.status, invoice.balance)));
            shown.push(Named { id: invoice.id, name: Text::new(invoice.number) });
        }
        Ok(shown)
    }
}

impl Tool for CreateWorkspace {
    const NAME: &'static str = "portal.workspace.create";
    const TITLE: &'static str = "Open a customer's portal";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::WorkspaceCreate);
    type Output = Created;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let role = |id: &AccessRoleId| look.roles.iter().find(|it| it.id == *id);
        let pii = |kind, value: &str| Pii::new(kind, cx.myself(), value);
        let users = self.users.iter().map(|it| InviteeView {
            name: pii(PiiKind::Name, &format!("{} {}", it.first_name.as_str(), it.last_name.as_str())),
            email: pii(PiiKind::Email, it.email.as_str()),
            role: Text::new(role(&it.role_id).map(|it| it.name.clone()).unwrap_or_default()),
            rights: role(&it.role_id).map(|it| it.rights.iter().copied().collect()).unwrap_or_default(),
        });
        let given = self.users.iter().filter_map(|it| role(&it.role_id)).chain([&look.default_role]);
        let effect = Effect {
            customer_visible: true,
            newly_visible: true,
            elevation: !self.users.is_empty(),
            sensitive: !self.invoice_ids.is_empty() || given.flat_map(|it| &it.rights).any(|it| it.sensitive()),
            customised: self.welcome_text.is_some(),
            recipients: u32::try_from(self.users.len()).unwrap_or(u32::MAX),
            ..Effect::default()
        };
        let welcome = self.welcome_text.as_ref().map(|it| it.as_str());
        let facts = WorkspaceFacts {
            action: "create_workspace",
            customer_id: self.customer_id.clone(),
            name: Text::new(look.name),
            welcome_text: Text::new(welcome.or(look.branding.welcome_text.as_deref()).unwrap_or_default()),
            default_role: Text::new(look.default_role.name.clone()),
            default_rights: look.default_role.rights.iter().copied().collect(),
            users: users.collect(),
            service_records: look.records,
            documents: look.documents,
            invoices: look.invoices,
            portal_domain: look.branding.domain.map(Text::new),
            support_entry: "requests can be raised in the portal",
            changes: vec![
                Beside::new("portal", "there is none", "open"),
                Beside::new("people_who_may_be_invited", "none", self.users.len().to_string()),
            ],
        };
        let mut preview = Preview::new(facts, |facts| {
            words(
                "Open a customer's portal?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Reached at", "portal_domain"),
                    ("Welcome", "welcome_text"),
                    ("New users get", "default_role"),
                    ("Which opens", "default_rights"),
                    ("Service records", "service_records"),
                    ("Documents", "documents"),
                    ("Invoices", "invoices"),
                    ("Let in", "users"),
                    ("Support", "support_entry"),
                ],
            )
        })
        .with(effect);
        for (record, stands) in look.targets {
            preview = preview.target(record, stands);
        }
        Ok(preview)
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Created>, Refusal> {
        let look = self.check(cx).await?;
        let portal = cx.portal()?;
        let new = NewWorkspace {
            organisation: named(cx, &portal, &self.customer_id)?,
            welcome_text: self.welcome_text.as_ref().map(|it| it.as_str().to_owned()),
            default_role: look.default_role.id,
            service_records: self.service_record_ids.clone(),
            documents: self.document_ids.clone(),
            invoices: self.invoice_ids.clone(),
            by: by(cx),
        };
        let made = portal.timed(portal.port.create_workspace(&portal.cx, &new)).await;
        let made = made.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                blocked("this customer has a portal already")
            } else {
                or_missing(error, Code::OrganizationNotFound)
            }
        })?;
        let workspace = portal.written(made, &self.customer_id)?;
        Ok(Reply::from(Created {
            workspace_id: workspace.id,
            active: workspace.active,
            message: "Portal opened; invite the people whom the preview names with portal.user.invite",
            to_invite: self.users.len(),
        }))
    }
}
