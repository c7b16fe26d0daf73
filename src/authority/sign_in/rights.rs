//! Whether a person is still welcome, and with which rights.

use super::provider::{Provider, Trouble};
use super::upstream::identity_of;
use super::{Door, Means, SignIn};
use crate::authority::identity::{Ended, EndedBy, Identity, Welcomes};
use crate::caller::Principal;
use crate::edge::reason::Reason;
use crate::edge::token::{IdExpected, IdRefused};
use crate::store::sign_in_accounts::Account;
use async_trait::async_trait;
use moka::future::Cache;
use postern_api::{Error, ErrorKind, Result, TenantId};
use postern_policies::Realm;

/// What a realm says of a person.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// Not welcome.
    Gone,
    /// Nothing new: it was asked.
    AsBefore,
    /// It cannot be asked about them.
    Nothing,
    /// Who they are now.
    Now(Box<Identity>),
}

/// Who is being asked about, so that many who ask at once ask once: a realm that rotates its refresh tokens would take the
/// second question for a theft of the first one's token.
#[derive(Debug)]
pub(super) struct Flights(Cache<(TenantId, Principal), Said>);

impl Default for Flights {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

#[async_trait]
impl Welcomes for SignIn {
    async fn still(&self, identity: &Identity) -> Result<Option<Identity>> {
        let now = self.recheck(identity).await?;
        if now.is_none() {
            self.end(&identity.tenant, &Ended::Person(identity.principal.clone()), EndedBy::RightsLost);
        }
        Ok(now)
    }
}

impl SignIn {
    /// The person as the realm or the account says now; `None` where they are not welcome any more. For a realm whose refresh
    /// token is not held, the identity as it was for as long as the realm's word holds, and [`ErrorKind::Unauthenticated`] after that.
    /// Another error where the realm cannot be asked, or its answer cannot be believed.
    pub async fn recheck(&self, identity: &Identity) -> Result<Option<Identity>> {
        let door =
            self.doors.iter().find(|it| it.issuer == identity.principal.issuer && it.at.tenant == identity.tenant);
        // A realm that was taken out of the configuration welcomes nobody.
        let Some(door) = door else { return Ok(None) };
        let provider = match &door.means {
            Means::Local(_) => {
                let account = self.store.account(&door.at, &identity.principal.subject)?;
                return Ok(account.and_then(|it| self.welcome(door, &it, identity.signed_in_at)));
            }
            Means::Oidc(provider) => provider,
        };
        if !provider.config.keep_refresh_token {
            return self.as_vouched(provider, identity).map(Some);
        }
        let key = (identity.tenant.clone(), identity.principal.clone());
        let said = self.flights.0.try_get_with_by_ref(&key, self.ask(door, provider, identity)).await;
        // Nothing is remembered: the next question is asked anew.
        self.flights.0.invalidate(&key).await;
        match said {
            Ok(Said::Gone) => Ok(None),
            Ok(Said::AsBefore) => Ok(Some(identity.clone())),
            Ok(Said::Nothing) => self.as_vouched(provider, identity).map(Some),
            Ok(Said::Now(now)) => Ok(Some(Identity {
                realm_session: identity.realm_session.clone(),
                signed_in_at: identity.signed_in_at,
                ..*now
            })),
            Err(error) => {
                Err(Error::new(error.kind(), "whether the person is still welcome cannot be found out").because(error))
            }
        }
    }

    /// The person as they were, for as long as a realm that says nothing is believed.
    fn as_vouched(&self, provider: &Provider, identity: &Identity) -> Result<Identity> {
        let holds = identity.signed_in_at.saturating_add(i64::from(provider.config.vouched_secs));
        if self.clock.unix_secs() < holds {
            return Ok(identity.clone());
        }
        Err(Error::new(ErrorKind::Unauthenticated, "the realm's word is too old: the person has to sign in again"))
    }

    async fn ask(&self, door: &Door, provider: &Provider, identity: &Identity) -> Result<Said> {
        let unknown =
            |what: &'static str| Error::new(ErrorKind::Unavailable, "the realm cannot be asked").with("realm", what);
        let Some(token) = self.store.realm_refresh_token(&identity.tenant, &identity.principal)? else {
            return Ok(Said::Nothing);
        };
        let tokens = match provider.refresh(&token).await {
            Ok(tokens) => tokens,
            // RFC 6749 section 5.2: the one answer that is about this token. Whatever else goes wrong is about the realm.
            Err(Trouble::Refused("invalid_grant")) => {
                self.store.set_refresh(&identity.tenant, &identity.principal, None)?;
                return Ok(Said::Gone);
            }
            Err(Trouble::Refused(what) | Trouble::Unavailable(what)) => return Err(unknown(what)),
        };
        if let Some(next) = &tokens.refresh {
            self.store.set_refresh(&identity.tenant, &identity.principal, Some(next))?;
        }
        let Some(id) = tokens.id else { return Ok(Said::AsBefore) };
        let expected = IdExpected {
            issuer: &door.issuer,
            client: &provider.config.client_id,
            nonce: None,
            access_token: tokens.access.as_deref(),
        };
        let person = match self.verifier.id_token(&id, expected).await {
            Ok(person) => person,
            // The realm says that they belong to nobody here any more.
            Err(IdRefused::Token(Reason::Organisation | Reason::Disabled)) => return Ok(Said::Gone),
            Err(reason) => return Err(unknown(reason.code())),
        };
        // OpenID Connect Core 1.0 section 12.2: the same subject, or it is another person's answer.
        if person.principal != identity.principal {
            return Ok(Said::Gone);
        }
        Ok(Said::Now(Box::new(identity_of(person, identity.signed_in_at))))
    }

    /// The person of a local account, unless it is locked or names no organisation where it has to.
    pub(super) fn welcome(&self, door: &Door, account: &Account, signed_in_at: i64) -> Option<Identity> {
        let belongs = (door.at.realm == Realm::Customer) == account.organisation.is_some();
        let roles = account.roles.iter().filter(|it| self.roles.knows(door.at.realm, it)).cloned().collect();
        (belongs && !account.locked).then(|| Identity {
            principal: Principal { issuer: door.issuer.clone(), subject: account.id.as_str().into() },
            realm: door.at.realm,
            tenant: door.at.tenant.clone(),
            organisation: account.organisation.clone(),
            assigned: None,
            roles,
            name: Some(account.name.as_str().into()),
            email: Some(account.email.as_str().into()),
            realm_session: None,
            signed_in_at,
        })
    }
}
