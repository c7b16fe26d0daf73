//! Whether a person is still welcome, and with which rights.

use super::provider::Trouble;
use super::upstream::identity_of;
use super::{Door, Means, SignIn};
use crate::authority::identity::Identity;
use crate::caller::Principal;
use crate::edge::token::IdExpected;
use crate::store::sign_in_accounts::Account;
use postern_api::{Error, ErrorKind, Result};
use postern_policies::Realm;

impl SignIn {
    /// The person as the realm or the account says now; `None` where they are not welcome any more. For a realm whose refresh
    /// token is not held, the identity as it was.
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
            return Ok(Some(identity.clone()));
        }
        let Some(token) = self.store.realm_refresh_token(&identity.tenant, &identity.principal)? else {
            return Ok(Some(identity.clone()));
        };
        let tokens = match provider.refresh(&token).await {
            Ok(tokens) => tokens,
            Err(Trouble::Refused(_)) => {
                self.store.set_refresh(&identity.tenant, &identity.principal, None)?;
                return Ok(None);
            }
            Err(Trouble::Unavailable(what)) => {
                return Err(Error::new(ErrorKind::Unavailable, "the realm cannot be reached").with("realm", what));
            }
        };
        if let Some(next) = &tokens.refresh {
            self.store.set_refresh(&identity.tenant, &identity.principal, Some(next))?;
        }
        let Some(id) = tokens.id else { return Ok(Some(identity.clone())) };
        let expected = IdExpected {
            issuer: &door.issuer,
            client: &provider.config.client_id,
            nonce: None,
            access_token: tokens.access.as_deref(),
        };
        let Ok(person) = self.verifier.id_token(&id, expected).await else { return Ok(None) };
        // OpenID Connect Core 1.0 section 12.2: the same subject, or it is another person's answer.
        if person.principal != identity.principal {
            return Ok(None);
        }
        let now = identity_of(person, identity.signed_in_at);
        Ok(Some(Identity { realm_session: identity.realm_session.clone(), ..now }))
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
