//! The adapter: what it is made of and what it says that it can do.

use crate::client::Client;
use crate::config::{Config, Organisations};
use crate::error;
use crate::trust::Editors;
use crate::wire::{EventRow, OrganisationRow, RealmRow};
use parking_lot::Mutex;
use postern_api::http::Http;
use postern_api::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a realm's switches are believed.
const REALM_HOLDS: Duration = Duration::from_secs(60);

/// How long putting something back may take, whatever the call's own time was.
const PUTTING_BACK: Duration = Duration::from_secs(10);

/// Connects to one realm. Sends nothing yet.
///
/// Errors: `InvalidArgument` where the configuration is wrong; [`Config::mistakes`] says what.
pub fn connect(config: Config, http: Arc<dyn Http>) -> Result<Arc<dyn Adapter>> {
    if let Some(mistake) = config.mistakes().first() {
        let words = format!("the setting `{}` of keycloak is wrong", mistake.path);
        return Err(Error::new(ErrorKind::InvalidArgument, words));
    }
    let (realm, page_size, max_users) = (config.realm.clone(), config.page_size, config.max_users);
    Ok(Arc::new(Keycloak {
        client: Client { http, realm, page_size, max_users },
        config,
        trust: Mutex::new(None),
        realm: Mutex::new(None),
        own: Mutex::new(None),
        changing: futures::lock::Mutex::new(()),
    }))
}

/// One realm.
#[derive(Debug)]
pub(crate) struct Keycloak {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) trust: Mutex<Option<(Instant, Editors)>>,
    realm: Mutex<Option<(Instant, Arc<RealmRow>)>>,
    /// The id of Postern's own service account.
    pub(crate) own: Mutex<Option<String>>,
    /// Writes of one process go one after the other: Keycloak has no versions to compare.
    pub(crate) changing: futures::lock::Mutex<()>,
}

impl Keycloak {
    /// The realm's settings, at most a minute old.
    pub(crate) async fn realm(&self, cx: &CallCx) -> Result<Arc<RealmRow>> {
        let held = self.realm.lock().clone();
        if let Some((at, realm)) = held
            && at.elapsed() < REALM_HOLDS
        {
            return Ok(realm);
        }
        let realm = Arc::new(self.read_realm(cx).await?);
        *self.realm.lock() = Some((Instant::now(), realm.clone()));
        Ok(realm)
    }

    /// The realm's settings as they are.
    pub(crate) async fn read_realm(&self, cx: &CallCx) -> Result<RealmRow> {
        let realm: RealmRow = self.client.get(cx, &[], &[], "realm").await.map_err(at_realm)?;
        if realm.realm == self.config.realm { Ok(realm) } else { Err(Error::bad_reply("another realm")) }
    }
}

/// A missing realm is a wrong setting, not a missing record.
fn at_realm(found: Error) -> Error {
    if found.kind() == ErrorKind::NotFound { error::no_realm() } else { found }
}

/// The same call with time of its own, for putting things back.
pub(crate) fn anew(cx: &CallCx) -> CallCx {
    CallCx { deadline: Instant::now() + PUTTING_BACK, ..cx.clone() }
}

const SUPPORTED: [Op; 11] = [
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
];

#[async_trait]
impl Adapter for Keycloak {
    fn name(&self) -> &'static str {
        "keycloak"
    }

    fn supports(&self) -> &'static [Op] {
        &SUPPORTED
    }

    async fn probe(&self, cx: &CallCx) -> Result<()> {
        self.writable(cx).await.map_err(at_realm)?;
        self.required_role(cx, &self.config.lead_role).await?;
        self.required_role(cx, &self.config.basic_role).await?;
        let one = [("max", "1".to_owned())];
        if self.config.organisations == Organisations::Organizations {
            self.client.get::<Vec<OrganisationRow>>(cx, &["organizations"], &one, "organisations").await?;
        }
        if self.config.events {
            self.client.get::<Vec<EventRow>>(cx, &["events"], &one, "events").await?;
        }
        Ok(())
    }

    fn traces(&self, op: Op) -> Traceable {
        crate::trace::traceable(op)
    }

    async fn trace(&self, cx: &CallCx, sought: &Sought) -> Result<Option<Owned<Trace>>> {
        crate::trace::find(self, cx, sought).await
    }

    fn identity(&self) -> Option<&dyn Identity> {
        Some(self)
    }
}

#[async_trait]
impl Identity for Keycloak {
    async fn logins(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<Login>>> {
        self.list_logins(cx, organisation).await
    }

    async fn invite(&self, cx: &CallCx, invitation: &Invitation) -> Result<Owned<Login>> {
        self.invite_login(cx, invitation).await
    }

    async fn transfer_lead(&self, cx: &CallCx, transfer: &LeadTransfer) -> Result<Owned<Login>> {
        self.move_lead(cx, transfer).await
    }

    async fn role_changes(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<RoleChange>>> {
        self.list_role_changes(cx, organisation).await
    }

    async fn portal_users(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<PortalUser>>> {
        self.list_users(cx, organisation).await
    }

    async fn access_roles(&self, cx: &CallCx) -> Result<Vec<AccessRole>> {
        self.list_access_roles(cx).await
    }

    async fn auth_policy(&self, cx: &CallCx) -> Result<AuthPolicy> {
        self.read_policy(cx).await
    }

    async fn invite_user(&self, cx: &CallCx, invitation: &PortalInvitation) -> Result<Owned<PortalUser>> {
        self.invite_portal_user(cx, invitation).await
    }

    async fn change_access(&self, cx: &CallCx, change: &AccessChange) -> Result<Owned<PortalUser>> {
        self.change_roles(cx, change).await
    }

    async fn reset_access(&self, cx: &CallCx, order: &ResetOrder) -> Result<Owned<PortalUser>> {
        self.reset(cx, order).await
    }

    async fn access_events(&self, cx: &CallCx, query: &AccessEventQuery) -> Result<Vec<Owned<AccessEvent>>> {
        self.list_events(cx, query).await
    }

    fn takes_words(&self) -> bool {
        // Keycloak writes its mails itself.
        false
    }

    fn tells_people(&self) -> bool {
        // Keycloak mails links and nothing else.
        false
    }
}
