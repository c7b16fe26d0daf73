//! ID and logout tokens: every way in which they can be wrong.

use super::*;
use crate::edge::testing::{Bench, CUSTOMERS, EMPLOYEES, HEADER, NOW, Signer, bench, changed};
use serde_json::json;

const CLIENT: &str = "gateway";

fn id() -> Value {
    json!({
        "iss": CUSTOMERS, "sub": "u-1", "aud": CLIENT, "azp": CLIENT, "typ": "ID", "exp": NOW + 300, "iat": NOW,
        "nonce": "n-1", "sid": "s-1", "realm_access": {"roles": ["lead", "offline_access"]}, "organization_id": "acme",
        "email": "Lead@Acme.example", "email_verified": true, "name": "Lena Lead"
    })
}

fn logout() -> Value {
    json!({
        "iss": CUSTOMERS, "sub": "u-1", "aud": CLIENT, "exp": NOW + 120, "iat": NOW, "jti": "l-1", "sid": "s-1",
        "events": {LOGOUT_EVENT: {}}
    })
}

fn sign(claims: &Value) -> String {
    Signer::rsa().token(HEADER, &claims.to_string())
}

async fn read(bench: &Bench, token: &str) -> Result<Person, IdRefused> {
    let expected = IdExpected { issuer: CUSTOMERS, client: CLIENT, nonce: Some("n-1"), access_token: Some("access-1") };
    bench.verifier.id_token(token, expected).await
}

async fn with(changes: Value) -> Result<Person, IdRefused> {
    read(&bench(), &sign(&changed(id(), changes))).await
}

#[tokio::test]
async fn an_id_token_describes_a_person() {
    let person = with(json!({})).await.unwrap();
    assert_eq!(&*person.principal.issuer, CUSTOMERS);
    assert_eq!((&*person.principal.subject, person.realm), ("u-1", Realm::Customer));
    assert_eq!(person.organisation.as_ref().map(OrganisationId::as_str), Some("acme"));
    assert_eq!(person.roles, BTreeSet::from(["lead".to_owned()]));
    assert_eq!((person.email.as_deref(), person.session.as_deref()), (Some("lead@acme.example"), Some("s-1")));
    assert!(with(json!({"typ": null, "azp": null})).await.is_ok(), "as OpenID Connect writes it");
}

#[tokio::test]
async fn t09_an_id_tokens_issuer_is_one_string_and_the_one_that_was_asked() {
    for issuer in [json!([CUSTOMERS, EMPLOYEES]), json!(EMPLOYEES), json!(format!("{CUSTOMERS}/")), json!(null)] {
        assert_eq!(with(json!({"iss": issuer})).await, Err(Reason::UnknownIssuer.into()), "{issuer}");
    }
}

#[tokio::test]
async fn t11_an_id_token_signed_by_the_other_realms_key_of_the_same_name_is_refused() {
    let token = Signer::other_rsa().token(HEADER, &id().to_string());
    assert_eq!(read(&bench(), &token).await, Err(Reason::Signature.into()));
}

#[tokio::test]
async fn t17_an_address_or_a_name_in_an_id_token_changes_nobodys_identity() {
    let first = with(json!({})).await.unwrap();
    let later = with(json!({"email": "other@acme.example", "name": "Other"})).await.unwrap();
    assert_eq!(first.principal, later.principal);
    assert_eq!(with(json!({"email_verified": false})).await.unwrap().email, None);
    assert_eq!(with(json!({"email_verified": "true"})).await, Err(Reason::Claims.into()));
    assert_eq!(with(json!({"sub": null})).await, Err(Reason::Claims.into()));
}

#[tokio::test]
async fn t14_only_an_id_token_signs_anybody_in() {
    for kind in ["Bearer", "Refresh", "Offline", "Logout", ""] {
        assert_eq!(with(json!({"typ": kind})).await, Err(Reason::TokenType.into()), "{kind}");
    }
    assert_eq!(with(json!({"events": {}})).await, Err(Reason::TokenType.into()));
    for kind in ["at+jwt", "logout+jwt"] {
        let header = json!({"alg": "RS256", "kid": "k1", "typ": kind}).to_string();
        let token = Signer::rsa().token(&header, &id().to_string());
        assert_eq!(read(&bench(), &token).await, Err(Reason::HeaderType.into()), "{kind}");
    }
}

#[tokio::test]
async fn t12_an_id_token_is_for_our_client_alone() {
    for aud in [json!("other"), json!(["gateway", "other"]), json!([]), json!("gatewa"), json!(null), json!(7)] {
        assert_eq!(with(json!({"aud": aud})).await, Err(Reason::Audience.into()), "{aud}");
    }
    assert_eq!(with(json!({"azp": "other"})).await, Err(Reason::Client.into()));
}

#[tokio::test]
async fn o15_a_nonce_is_the_one_that_was_sent() {
    for nonce in [json!("n-2"), json!(""), json!(null)] {
        assert_eq!(with(json!({"nonce": nonce})).await, Err(IdRefused::Nonce), "{nonce}");
    }
}

#[tokio::test]
async fn an_access_token_belongs_to_its_id_token_where_that_says_so() {
    let hash = half_hash("RS256", "access-1").unwrap();
    assert!(with(json!({"at_hash": hash})).await.is_ok());
    assert_eq!(with(json!({"at_hash": "AAAA"})).await, Err(IdRefused::AccessTokenHash));
}

#[tokio::test]
async fn t07_t08_an_id_tokens_times_are_judged_as_an_access_tokens() {
    assert_eq!(with(json!({"exp": NOW - 31})).await, Err(Reason::Times.into()), "issued after its end");
    assert_eq!(with(json!({"iat": NOW - 400, "exp": NOW - 31})).await, Err(Reason::Expired.into()));
    assert_eq!(with(json!({"iat": NOW + 31})).await, Err(Reason::NotYetValid.into()));
    assert_eq!(with(json!({"iat": null})).await, Err(Reason::Times.into()));
    assert_eq!(with(json!({"exp": "soon"})).await, Err(Reason::Times.into()));
}

#[tokio::test]
async fn t18_a_repeated_key_in_an_id_token_is_refused() {
    let payload = id().to_string().replacen("\"sub\":", "\"sub\":\"u-2\",\"sub\":", 1);
    assert_eq!(read(&bench(), &Signer::rsa().token(HEADER, &payload)).await, Err(Reason::RepeatedKey.into()));
}

async fn log_out(changes: Value) -> Result<LoggedOut, IdRefused> {
    bench().verifier.logout_token(&sign(&changed(logout(), changes)), CUSTOMERS, CLIENT).await
}

#[tokio::test]
async fn t22_a_logout_token_says_whose_session_ended() {
    let told = log_out(json!({})).await.unwrap();
    assert_eq!((told.session.as_deref(), told.subject.as_deref()), (Some("s-1"), Some("u-1")));
    assert!(log_out(json!({"typ": "Logout", "sid": null})).await.is_ok());
}

#[tokio::test]
async fn t22_what_is_no_logout_token_ends_nothing() {
    for (changes, reason) in [
        (json!({"nonce": "n-1"}), IdRefused::NoLogout),
        (json!({"events": null}), IdRefused::NoLogout),
        (json!({"events": {}}), IdRefused::NoLogout),
        (json!({"events": {LOGOUT_EVENT: true}}), IdRefused::NoLogout),
        (json!({"sid": null, "sub": null}), IdRefused::NoLogout),
        (json!({"iat": NOW - 151}), IdRefused::OldLogout),
        (json!({"iat": null}), Reason::Times.into()),
        (json!({"jti": null}), Reason::Claims.into()),
        (json!({"aud": "other"}), Reason::Audience.into()),
        (json!({"iss": EMPLOYEES}), Reason::UnknownIssuer.into()),
        (json!({"typ": "ID"}), Reason::TokenType.into()),
    ] {
        assert_eq!(log_out(changes.clone()).await, Err(reason), "{changes}");
    }
    let id = sign(&changed(id(), json!({"jti": "x"})));
    let refused = bench().verifier.logout_token(&id, CUSTOMERS, CLIENT).await;
    assert_eq!(refused, Err(Reason::TokenType.into()));
}
