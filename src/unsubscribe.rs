//! Links that take somebody off a kind of mail, signed by us.
//!
//! **Invariant:** a link names a tenant, an organisation, a contact and a topic, and only we can make one. It holds no e-mail address,
//! and it does one thing alone, so it neither ends nor signs anybody in: who finds an old mail can still leave.

use crate::store::secret_file;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_api::mail::{Subscription, Unsubscribing};
use postern_api::{ContactId, Error, ExternalId, Result, TenantId, Topic};
use std::path::Path;
use std::sync::Arc;

/// Below the origin; the token follows.
pub const PATH: &str = "/unsubscribe/";
/// What is signed begins with this, so that no other signature by the same key would do.
const PURPOSE: &str = "postern unsubscribe 1";
/// The longest token that is looked at, in characters.
const LONGEST: usize = 1_024;

/// Signs links and knows its own again.
#[derive(Debug, Clone)]
pub struct Signer {
    key: Arc<hmac::Key>,
    origin: Arc<str>,
}

impl Signer {
    /// With the key of a data directory, made on first use. `origin` is where the gateway is reached, for example
    /// `https://gateway.msp.example`.
    ///
    /// Errors: `Internal` where the key cannot be read or made.
    pub fn of(data_dir: &Path, origin: &str) -> Result<Self> {
        let key = secret_file::<32>(&data_dir.join("unsubscribe.key"))?;
        Ok(Self {
            key: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &*key)),
            origin: origin.trim_end_matches('/').into(),
        })
    }

    /// What makes links for one tenant.
    pub fn of_tenant(&self, tenant: &TenantId) -> Arc<dyn Unsubscribing> {
        Arc::new(OfTenant { signer: self.clone(), tenant: tenant.clone() })
    }

    fn token(&self, tenant: &TenantId, it: &Subscription) -> Result<String> {
        let said = (PURPOSE, tenant.as_str(), it.organisation.as_str(), it.contact.as_str(), it.topic);
        let said = serde_json::to_vec(&said).map_err(|e| Error::internal("a link to leave").because(e))?;
        let tag = hmac::sign(&self.key, &said);
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(said), URL_SAFE_NO_PAD.encode(tag)))
    }

    /// What a token of ours says; `None` for everything else.
    pub fn open(&self, token: &str) -> Option<(TenantId, Subscription)> {
        let (said, tag) = token.split_once('.').filter(|_| token.len() <= LONGEST)?;
        let (said, tag) = (URL_SAFE_NO_PAD.decode(said).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        hmac::verify(&self.key, &said, &tag).ok()?;
        let (purpose, tenant, organisation, contact, topic): (String, String, String, String, Topic) =
            serde_json::from_slice(&said).ok()?;
        let subscription = Subscription {
            organisation: ExternalId::new(&organisation).ok()?,
            contact: ContactId::new(&contact).ok()?,
            topic,
        };
        (purpose == PURPOSE).then_some((TenantId::new(&tenant).ok()?, subscription))
    }
}

#[derive(Debug)]
struct OfTenant {
    signer: Signer,
    tenant: TenantId,
}

impl Unsubscribing for OfTenant {
    fn link(&self, subscription: &Subscription) -> Result<String> {
        Ok(format!("{}{PATH}{}", self.signer.origin, self.signer.token(&self.tenant, subscription)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(dir: &Path) -> Signer {
        Signer::of(dir, "https://gateway.msp.example/").expect("a signer")
    }

    fn subscription(topic: Topic) -> Subscription {
        Subscription {
            organisation: ExternalId::new("acme").expect("an id"),
            contact: ContactId::new("CT-1").expect("an id"),
            topic,
        }
    }

    #[test]
    fn a_link_of_ours_opens_and_says_who_leaves_what() {
        let dir = tempfile::tempdir().expect("a folder");
        let tenant = TenantId::new("msp").expect("an id");
        let link = signer(dir.path()).of_tenant(&tenant).link(&subscription(Topic::Payment)).expect("a link");
        let token = link.strip_prefix("https://gateway.msp.example/unsubscribe/").expect("our address");
        assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it)), "{token}");
        // The key outlives the process.
        let opened = signer(dir.path()).open(token).expect("opens");
        assert_eq!(opened, (tenant, subscription(Topic::Payment)));
    }

    #[test]
    fn a_link_that_we_did_not_make_or_that_was_altered_opens_nothing() {
        let (dir, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let ours = signer(dir.path());
        let tenant = TenantId::new("msp").expect("an id");
        let good = ours.token(&tenant, &subscription(Topic::Reply)).expect("a token");
        assert!(ours.open(&good).is_some());
        let theirs = signer(other.path()).token(&tenant, &subscription(Topic::Reply)).expect("a token");
        let (said, tag) = good.split_once('.').expect("two parts");
        let another = ours.token(&tenant, &subscription(Topic::Payment)).expect("a token");
        let (other_said, _) = another.split_once('.').expect("two parts");
        let flipped = if tag.starts_with('A') {
            tag.replacen('A', "B", 1)
        } else {
            format!("A{}", tag.get(1..).unwrap_or_default())
        };
        for bad in [
            theirs,
            format!("{other_said}.{tag}"),
            format!("{said}.{flipped}"),
            format!("{said}."),
            said.to_owned(),
            format!("{said}.{tag}."),
            String::new(),
            "a".repeat(LONGEST + 1),
        ] {
            assert_eq!(ours.open(&bad), None, "{bad}");
        }
    }
}
