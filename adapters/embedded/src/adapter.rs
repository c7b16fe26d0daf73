//! The backend and one tenant's view of it.

use crate::convert::{id, micros, time};
use crate::database::Database;
use crate::fail::{self, refuse};
use crate::rows::Rows;
use crate::trace;
use jiff::Timestamp;
use postern_api::*;
use std::path::Path;
use std::sync::Arc;

/// The built-in backend: one SQLite file for any number of tenants, each of which sees its own rows alone.
#[derive(Debug, Clone)]
pub struct Embedded {
    database: Arc<Database>,
}

impl Embedded {
    /// Opens the file, creating it where it is missing and bringing its schema up to date.
    ///
    /// Errors: `Unavailable` where the file cannot be opened or written, `Internal` where it is newer than this program.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { database: Arc::new(Database::open(path)?) })
    }

    /// A backend that is gone with the program.
    pub fn open_in_memory() -> Result<Self> {
        Ok(Self { database: Arc::new(Database::in_memory()?) })
    }

    /// One tenant's adapter, for every port.
    pub fn for_tenant(&self, tenant: &TenantId) -> Arc<dyn Adapter> {
        Arc::new(self.tenant(tenant))
    }

    /// One tenant's ledger of notices, for an adapter whose channel keeps none.
    pub fn notice_ledger(&self, tenant: &TenantId) -> Arc<dyn NoticeLedger> {
        Arc::new(self.tenant(tenant))
    }

    /// The map of a tenant that uses no other system: an organisation's own id is its id here.
    pub fn organisation_map(&self, tenant: &TenantId) -> Result<OrganisationMap> {
        let pairs = self.database.read(tenant, |rows| {
            rows.all("SELECT id FROM organisation WHERE tenant = :tenant", &[], |row| {
                Ok((id(row, 0, OrganisationId::new)?, id(row, 0, ExternalId::new)?))
            })
        });
        Ok(OrganisationMap::new(pairs?))
    }

    /// Notes a file that an organisation uploaded, for a ticket to come. The content is kept elsewhere.
    pub fn upload(
        &self,
        tenant: &TenantId,
        organisation: &ExternalId,
        name: &str,
        content_type: &str,
        size: u64,
    ) -> Result<AttachmentId> {
        let id = self.database.write(tenant, |rows| {
            let id = rows.fresh("AT")?;
            let (size, now) = (i64::try_from(size).unwrap_or(i64::MAX), micros(Timestamp::now()));
            let added = rows.change(
                "INSERT INTO attachment (tenant, id, organisation, name, content_type, size, created_at, internal)
                 SELECT tenant, :id, key, :name, :content_type, :size, :now, 0 FROM organisation
                 WHERE tenant = :tenant AND id = :organisation",
                &[
                    (":id", &id),
                    (":name", &name),
                    (":content_type", &content_type),
                    (":size", &size),
                    (":now", &now),
                    (":organisation", &organisation.as_str()),
                ],
            )?;
            if added == 0 { refuse(ErrorKind::NotFound, "organisation not found") } else { Ok(id) }
        })?;
        AttachmentId::new(&id).map_err(|e| Error::internal("an attachment's id").because(e))
    }

    /// What a contact was told, oldest first.
    pub fn notifications(&self, tenant: &TenantId, contact: &ContactId) -> Result<Vec<(Timestamp, String)>> {
        let told = self.database.read(tenant, |rows| {
            rows.all(
                "SELECT n.at, n.text FROM notification n JOIN contact c ON c.key = n.contact
                 WHERE n.tenant = :tenant AND c.id = :contact ORDER BY n.at, n.key",
                &[(":contact", &contact.as_str())],
                |row| Ok((time(row, 0)?, row.get(1)?)),
            )
        });
        Ok(told?)
    }

    pub(crate) fn tenant(&self, tenant: &TenantId) -> Tenant {
        Tenant { database: self.database.clone(), id: tenant.clone() }
    }
}

/// One tenant's view: the type that the ports are implemented on.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    database: Arc<Database>,
    id: TenantId,
}

impl Tenant {
    /// Reads on the calling thread.
    pub(crate) fn read<T>(&self, cx: &CallCx, work: impl FnOnce(&Rows<'_>) -> fail::Result<T>) -> Result<T> {
        in_time(cx)?;
        Ok(self.database.read(&self.id, work)?)
    }

    /// Writes on a thread that may wait for the disk. A write that began is finished, also when nobody waits any more.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        cx: &CallCx,
        work: impl FnOnce(&Rows<'_>) -> fail::Result<T> + Send + 'static,
    ) -> Result<T> {
        in_time(cx)?;
        cx.about_to_change().await?;
        let it = self.clone();
        let written = tokio::task::spawn_blocking(move || it.database.write(&it.id, work)).await;
        Ok(written.map_err(|e| Error::internal("a write stopped").because(e))??)
    }

    pub(crate) fn write_now<T>(&self, work: impl FnOnce(&Rows<'_>) -> fail::Result<T>) -> Result<T> {
        Ok(self.database.write(&self.id, work)?)
    }
}

/// What works.
const SUPPORTED: &[Op] = &[
    Op::TicketList,
    Op::TicketGet,
    Op::TicketCreate,
    Op::TicketComment,
    Op::TicketClose,
    Op::TicketEscalate,
    Op::RequesterFind,
    Op::OrganisationGet,
    Op::OrganisationList,
    Op::ContactList,
    Op::ContactGet,
    Op::ArticleSearch,
    Op::ArticleGet,
    Op::LoginList,
    Op::LoginInvite,
    Op::LeadTransfer,
    Op::RoleChangeList,
    Op::PortalUserList,
    Op::AccessRoleList,
    Op::AuthPolicyGet,
    Op::PortalUserInvite,
    Op::AccessChange,
    Op::AccessReset,
    Op::AccessEventList,
    Op::PortalConfigGet,
    Op::BrandingGet,
    Op::BrandingSet,
    Op::WorkspaceGet,
    Op::WorkspaceCreate,
    Op::FaqList,
    Op::FaqSet,
    Op::FormList,
    Op::SubmissionRecord,
    Op::ConsentList,
    Op::ConsentRecord,
    Op::SnapshotRecord,
    Op::InvoiceList,
    Op::InvoiceGet,
    Op::PaymentList,
    Op::AgreementList,
    Op::PaymentLinkCreate,
    Op::DocumentList,
    Op::DocumentGet,
    Op::DocumentPublish,
    Op::DocumentRevoke,
    Op::NoticeList,
    Op::NoticeStanding,
    Op::NoticeSend,
    Op::OrderList,
    Op::ProjectList,
    Op::ProjectGet,
    Op::AssetList,
    Op::BookingList,
    Op::TicketChange,
    Op::TimeList,
    Op::VocabularyGet,
    Op::SiteList,
    Op::ProfileGet,
    Op::ProfileChange,
    Op::UploadGet,
    Op::TicketReply,
    Op::TaskCreate,
    Op::TicketAdjust,
    Op::DocumentWithdraw,
    Op::PreferenceSet,
];

fn in_time(cx: &CallCx) -> Result<()> {
    if cx.remaining().is_zero() {
        return Err(Error::new(ErrorKind::Timeout, "the time for this call is over; try again"));
    }
    Ok(())
}

/// The key of an organisation that is there and in reach. The answer is the same for one that is not there.
pub(crate) fn organisation_in_reach(rows: &Rows<'_>, reach: &Reach, id: &ExternalId) -> fail::Result<Option<i64>> {
    if !reach.contains(id) {
        return Ok(None);
    }
    rows.one("SELECT key FROM organisation WHERE tenant = :tenant AND id = :id", &[(":id", &id.as_str())], |row| {
        Ok(row.get(0)?)
    })
}

/// The same, where there must be one.
pub(crate) fn required_organisation(rows: &Rows<'_>, reach: &Reach, id: &ExternalId) -> fail::Result<i64> {
    match organisation_in_reach(rows, reach, id)? {
        Some(key) => Ok(key),
        None => Err(Error::not_found("organisation").into()),
    }
}

#[async_trait]
impl Adapter for Tenant {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn supports(&self) -> &'static [Op] {
        SUPPORTED
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        let there = "SELECT 1 FROM organisation WHERE tenant = :tenant";
        self.read(cx, |rows| rows.one(there, &[], |_| Ok(()))).map(drop)
    }

    fn traces(&self, op: Op) -> Traceable {
        trace::traceable(op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        self.read(cx, |rows| trace::find(rows, cx, sought))
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

    fn billing(&self) -> Option<&dyn Billing> {
        Some(self)
    }

    fn sales(&self) -> Option<&dyn Sales> {
        Some(self)
    }

    fn projects(&self) -> Option<&dyn Projects> {
        Some(self)
    }

    fn assets(&self) -> Option<&dyn Assets> {
        Some(self)
    }

    fn bookings(&self) -> Option<&dyn Bookings> {
        Some(self)
    }

    fn documents(&self) -> Option<&dyn Documents> {
        Some(self)
    }

    fn notifications(&self) -> Option<&dyn Notifications> {
        Some(self)
    }

    fn portal(&self) -> Option<&dyn Portal> {
        Some(self)
    }
}
