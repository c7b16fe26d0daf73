//! Every way in which a token can be wrong.

use super::*;
use crate::edge::testing::{
    CUSTOMERS, EMPLOYEES, HEADER, NOW, RESOURCE, Signer, bench, bench_with, changed, claims, employee_claims,
    token_with,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use parking_lot::Mutex;
use postern_api::OrganisationId;
use serde_json::{Value, json};

async fn refusal(token: &str) -> Reason {
    let bench = bench();
    bench.verifier.verify(token, Gate::Mcp).await.expect_err(token).reason
}

async fn accepted(token: &str) -> Arc<Caller> {
    bench().verifier.verify(token, Gate::Mcp).await.expect(token)
}

fn with_header(header: Value) -> String {
    Signer::rsa().token(&header.to_string(), &claims().to_string())
}

#[tokio::test]
async fn a_customers_token_becomes_a_customer() {
    let caller = accepted(&token_with(json!({}))).await;
    assert_eq!(&*caller.principal.issuer, CUSTOMERS);
    assert_eq!(&*caller.principal.subject, "u-1");
    assert_eq!(caller.realm, Realm::Customer);
    assert_eq!(caller.tenant.as_str(), "msp");
    assert_eq!(caller.organisation, Some(OrganisationId::new("acme").unwrap()));
    assert_eq!(caller.assigned, None);
    assert_eq!(caller.roles.iter().collect::<Vec<_>>(), ["lead"], "unknown roles are dropped");
    assert_eq!(caller.scopes.as_ref().unwrap().len(), 2);
    assert_eq!(caller.client.as_deref(), Some("portal"));
    assert_eq!(caller.email.as_deref(), Some("lead@acme.example"));
    assert_eq!(caller.expires_at, NOW + 300);
}

#[tokio::test]
async fn an_employees_token_becomes_an_employee_and_names_no_own_organisation() {
    let caller = accepted(&Signer::other_rsa().token(HEADER, &employee_claims().to_string())).await;
    assert_eq!(caller.realm, Realm::Employee);
    assert_eq!(caller.organisation, None);
    assert_eq!(caller.assigned.as_ref().unwrap().len(), 2);
}

#[tokio::test]
async fn every_allowed_algorithm_verifies_with_its_own_key() {
    let bench = bench();
    let (ec, ed) = (Signer::ec(), Signer::ed());
    let mut pss = Signer::rsa().jwk("pss");
    pss["alg"] = "PS256".into();
    let keys = json!({"keys": [pss, ec.jwk("ec"), ed.jwk("ed")]});
    bench.fetch.serve(&format!("{CUSTOMERS}/keys"), keys);
    for (signer, id, algorithm) in [(&Signer::rsa(), "pss", "PS256"), (&ec, "ec", "ES256"), (&ed, "ed", "EdDSA")] {
        let header = json!({"alg": algorithm, "kid": id, "typ": "at+jwt"}).to_string();
        let token = signer.token(&header, &claims().to_string());
        assert!(bench.verifier.verify(&token, Gate::Mcp).await.is_ok(), "{algorithm}");
    }
}

#[tokio::test]
async fn t01_an_unsigned_token_is_refused() {
    let payload = B64.encode(claims().to_string());
    for name in ["none", "None", "NONE", "nOnE"] {
        let header = B64.encode(json!({"alg": name, "kid": "k1", "typ": "JWT"}).to_string());
        assert_eq!(refusal(&format!("{header}.{payload}.")).await, Reason::Malformed);
        assert_eq!(refusal(&format!("{header}.{payload}.AAAA")).await, Reason::Algorithm);
    }
    assert_eq!(refusal(&format!("{}.{payload}.", B64.encode(HEADER))).await, Reason::Malformed);
    assert_eq!(refusal(&format!("{}.{payload}.AAAA", B64.encode(HEADER))).await, Reason::Signature);
}

#[tokio::test]
async fn t02_a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let rsa = Signer::rsa();
    let jwk = rsa.jwk("k1");
    let der = rsa.public_der();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(&der)
    );
    let modulus = B64.decode(jwk["n"].as_str().unwrap()).unwrap();
    for secret in [pem.as_bytes(), &der, &modulus, jwk.to_string().as_bytes()] {
        let header = json!({"alg": "HS256", "kid": "k1", "typ": "JWT"}).to_string();
        let message = format!("{}.{}", B64.encode(header), B64.encode(claims().to_string()));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        assert_eq!(refusal(&format!("{message}.{}", B64.encode(tag))).await, Reason::Algorithm);
    }
}

#[tokio::test]
async fn t03_the_algorithm_is_the_keys_and_not_the_tokens() {
    // The key set names no algorithm, so the key is for RS256; a good PSS signature of the same key does not count.
    let payload = claims().to_string();
    let pss = Signer::rsa().token(r#"{"alg":"PS256","kid":"k1","typ":"JWT"}"#, &payload);
    assert_eq!(refusal(&pss).await, Reason::Algorithm);
    for other in ["ES256", "EdDSA", "RS512", "rs256", ""] {
        let header = json!({"alg": other, "kid": "k1", "typ": "JWT"});
        assert_eq!(refusal(&with_header(header)).await, Reason::Algorithm, "{other}");
    }
}

#[tokio::test]
async fn t04_a_key_that_the_token_brings_is_refused_and_never_fetched() {
    let attacker = Signer::other_rsa();
    for (name, value) in [
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("jwk", attacker.jwk("k1")),
        ("x5c", json!(["MIIB"])),
        ("url", json!("https://evil.example")),
    ] {
        let bench = bench();
        let mut header = json!({"alg": "RS256", "kid": "k1", "typ": "JWT"});
        header[name] = value;
        let token = attacker.token(&header.to_string(), &claims().to_string());
        let refused = bench.verifier.verify(&token, Gate::Mcp).await.unwrap_err();
        assert_eq!(refused.reason, Reason::HeaderParameter, "{name}");
        assert_eq!(bench.fetch.count(), 0, "{name}");
    }
}

#[tokio::test]
async fn t05_unknown_key_ids_are_refused_at_two_fetches() {
    let bench = bench();
    for i in 0..200 {
        for id in [format!("x{i}"), format!("../k{i}"), format!("k' OR {i}=1 --"), "k".repeat(3000 + i)] {
            let header = json!({"alg": "RS256", "kid": id, "typ": "JWT"}).to_string();
            let message = format!("{}.{}", B64.encode(header), B64.encode(claims().to_string()));
            let refused = bench.verifier.verify(&format!("{message}.AAAA"), Gate::Mcp).await.unwrap_err();
            assert_eq!(refused.reason, Reason::UnknownKey);
        }
    }
    assert_eq!(bench.fetch.count(), 2);
    assert_eq!(refusal(&with_header(json!({"alg": "RS256", "typ": "JWT"}))).await, Reason::UnknownKey);
}

#[tokio::test]
async fn t07_times_of_another_shape_are_refused() {
    for bad in [
        json!(null),
        json!("1790000300"),
        json!(1e300),
        json!(-1),
        json!([NOW + 300]),
        json!(1_790_000_300.5),
        json!(true),
        json!({"at": 1}),
        json!(253_402_300_800_i64),
    ] {
        assert_eq!(refusal(&token_with(json!({"exp": bad}))).await, Reason::Times, "{bad}");
        if !bad.is_null() {
            assert_eq!(refusal(&token_with(json!({"nbf": bad}))).await, Reason::Times, "{bad}");
            assert_eq!(refusal(&token_with(json!({"iat": bad}))).await, Reason::Times, "{bad}");
        }
    }
    assert_eq!(refusal(&token_with(json!({"iat": NOW + 301}))).await, Reason::Times);
}

#[tokio::test]
async fn t08_the_clocks_may_differ_by_thirty_seconds_and_no_more() {
    let issued = NOW - 300;
    assert_eq!(refusal(&token_with(json!({"iat": issued, "exp": NOW - 31}))).await, Reason::Expired);
    assert_eq!(refusal(&token_with(json!({"iat": issued, "exp": NOW - 30}))).await, Reason::Expired);
    accepted(&token_with(json!({"iat": issued, "exp": NOW - 29}))).await;
    for name in ["nbf", "iat"] {
        assert_eq!(refusal(&token_with(json!({name: NOW + 31}))).await, Reason::NotYetValid, "{name}");
        accepted(&token_with(json!({name: NOW + 29}))).await;
    }
}

#[tokio::test]
async fn t08_a_token_in_the_cache_ends_when_it_ends() {
    let bench = bench();
    let token = token_with(json!({}));
    assert!(bench.verifier.verify(&token, Gate::Mcp).await.is_ok());
    assert!(bench.verifier.recall(&token, Gate::Mcp).unwrap().is_ok());
    bench.clock.advance(329);
    assert!(bench.verifier.verify(&token, Gate::Mcp).await.is_ok());
    bench.clock.advance(1);
    assert_eq!(bench.verifier.recall(&token, Gate::Mcp).unwrap().unwrap_err().reason, Reason::Expired);
}

#[tokio::test]
async fn t09_an_issuer_that_is_not_one_string_is_refused() {
    for bad in [json!([CUSTOMERS, EMPLOYEES]), json!([CUSTOMERS]), json!({"iss": CUSTOMERS}), json!(1), json!(null)] {
        assert_eq!(refusal(&token_with(json!({"iss": bad}))).await, Reason::UnknownIssuer, "{bad}");
    }
}

#[tokio::test]
async fn t10_an_issuer_is_compared_to_the_letter() {
    for bad in [
        format!("{CUSTOMERS}/"),
        CUSTOMERS.to_uppercase(),
        CUSTOMERS.replace("id.example", "id.example:443"),
        CUSTOMERS.replace("id.example", "xn--id-example"),
        CUSTOMERS.replace("https", "http"),
        format!(" {CUSTOMERS}"),
        CUSTOMERS.replace("realms", "%72ealms"),
        String::new(),
    ] {
        assert_eq!(refusal(&token_with(json!({"iss": bad}))).await, Reason::UnknownIssuer, "{bad}");
    }
}

#[tokio::test]
async fn t11_a_key_of_one_realm_signs_nothing_for_the_other() {
    // Both issuers have a key of the same id.
    let forged = Signer::rsa().token(HEADER, &employee_claims().to_string());
    assert_eq!(refusal(&forged).await, Reason::Signature);
    let bench = bench();
    assert!(bench.verifier.verify(&token_with(json!({})), Gate::Mcp).await.is_ok());
    assert_eq!(bench.verifier.verify(&forged, Gate::Mcp).await.unwrap_err().reason, Reason::Signature);
}

#[tokio::test]
async fn t12_an_audience_that_is_not_ours_is_refused() {
    let mut prefix = RESOURCE.to_owned();
    prefix.pop();
    for bad in [
        json!(null),
        json!("account"),
        json!("https://other.example/mcp"),
        json!(prefix),
        json!(format!("{RESOURCE}/")),
        json!(RESOURCE.to_uppercase()),
        json!([]),
        json!([["nested", RESOURCE]]),
        json!([RESOURCE, 1]),
        json!({"0": RESOURCE}),
        json!(""),
    ] {
        assert_eq!(refusal(&token_with(json!({"aud": bad}))).await, Reason::Audience, "{bad}");
    }
    accepted(&token_with(json!({"aud": [RESOURCE]}))).await;
}

#[tokio::test]
async fn t13_a_second_audience_or_another_client_is_refused_unless_configured() {
    let both = token_with(json!({"aud": [RESOURCE, "account"]}));
    assert_eq!(refusal(&both).await, Reason::Audience);
    let known = bench_with(|it| it.other_audiences = vec!["account".into()], Arc::new(AlwaysStands));
    assert!(known.verifier.verify(&both, Gate::Mcp).await.is_ok());
    let only_other = token_with(json!({"aud": ["account"]}));
    assert!(known.verifier.verify(&only_other, Gate::Mcp).await.is_err());
    let lax = bench_with(|it| it.strict_audience = false, Arc::new(AlwaysStands));
    assert!(lax.verifier.verify(&both, Gate::Mcp).await.is_ok());

    let clients = bench_with(|it| it.clients = vec!["portal".into()], Arc::new(AlwaysStands));
    assert!(clients.verifier.verify(&token_with(json!({})), Gate::Mcp).await.is_ok());
    for bad in [json!("other"), json!(null), json!("Portal")] {
        let refused = clients.verifier.verify(&token_with(json!({"azp": bad})), Gate::Mcp).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Client, "{bad}");
    }
}

#[tokio::test]
async fn t14_tokens_of_another_kind_are_refused() {
    for kind in ["ID", "Refresh", "Offline", "Logout", "bearer", "Serialized-ID"] {
        assert_eq!(refusal(&token_with(json!({"typ": kind}))).await, Reason::TokenType, "{kind}");
    }
    assert_eq!(refusal(&token_with(json!({"typ": ["Bearer"]}))).await, Reason::TokenType);
    let logout = json!({"typ": null, "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    assert_eq!(refusal(&token_with(logout)).await, Reason::TokenType);
    assert_eq!(refusal(&token_with(json!({"typ": null, "at_hash": "x"}))).await, Reason::TokenType);
    assert_eq!(refusal(&token_with(json!({"cnf": {"jkt": "x"}}))).await, Reason::SenderConstrained);
    accepted(&token_with(json!({"typ": null}))).await;
    for header_type in ["logout+jwt", "dpop+jwt", "oauth-id-jag+jwt", "JWE", "JWT ", ""] {
        let header = json!({"alg": "RS256", "kid": "k1", "typ": header_type});
        assert_eq!(refusal(&with_header(header)).await, Reason::HeaderType, "{header_type}");
    }
    assert_eq!(refusal(&with_header(json!({"alg": "RS256", "kid": "k1"}))).await, Reason::HeaderType);
    accepted(&with_header(json!({"alg": "RS256", "kid": "k1", "typ": "application/at+JWT"}))).await;
}

#[tokio::test]
async fn t16_a_realm_can_be_closed_to_the_mcp_endpoint() {
    let bench = bench_with(|it| it.accepted_at_mcp = false, Arc::new(AlwaysStands));
    let token = token_with(json!({}));
    for _ in 0..2 {
        let refused = bench.verifier.verify(&token, Gate::Mcp).await.unwrap_err();
        assert_eq!(refused.reason, Reason::NotAcceptedHere);
        assert!(bench.verifier.verify(&token, Gate::Web).await.is_ok());
    }
    assert!(bench.verifier.advertised().is_empty());
}

#[tokio::test]
async fn t17_identity_is_issuer_and_subject_and_nothing_else() {
    let bench = bench();
    let customer = bench.verifier.verify(&token_with(json!({})), Gate::Mcp).await.unwrap();
    let employee = Signer::other_rsa().token(HEADER, &employee_claims().to_string());
    let employee = bench.verifier.verify(&employee, Gate::Mcp).await.unwrap();
    assert_eq!(customer.principal.subject, employee.principal.subject);
    assert_ne!(customer.principal, employee.principal);
    let renamed = token_with(json!({"email": "new@acme.example", "name": "New", "preferred_username": "new"}));
    assert_eq!(bench.verifier.verify(&renamed, Gate::Mcp).await.unwrap().principal, customer.principal);
    let unverified = token_with(json!({"email_verified": false}));
    assert_eq!(bench.verifier.verify(&unverified, Gate::Mcp).await.unwrap().email, None);
}

#[tokio::test]
async fn t18_claims_of_another_shape_are_refused() {
    let many: Vec<String> = (0..300).map(|i| format!("role-{i}")).collect();
    for roles in [json!("lead"), json!({"lead": true}), json!(many), json!([["lead"]]), json!([1]), json!(["a\nb"])] {
        let token = token_with(json!({"realm_access": {"roles": roles}}));
        assert_eq!(refusal(&token).await, Reason::Claims, "{roles}");
    }
    for (name, bad) in [
        ("sub", json!(null)),
        ("sub", json!("")),
        ("sub", json!(["u-1"])),
        ("sub", json!("u\u{0}1")),
        ("sub", json!("x".repeat(256))),
        ("scope", json!(7)),
        ("email", json!(["a@b.example"])),
        ("email_verified", json!("true")),
        ("azp", json!(["portal"])),
        ("name", json!("x".repeat(600))),
    ] {
        assert_eq!(refusal(&token_with(json!({name: bad}))).await, Reason::Claims, "{name} {bad}");
    }
    for bad in [json!(null), json!(""), json!(["acme"]), json!("../acme"), json!("acme\n"), json!({"acme": {}})] {
        let token = token_with(json!({"organization_id": bad}));
        assert_eq!(refusal(&token).await, Reason::Organisation, "{bad}");
    }
}

#[tokio::test]
async fn t18_repeated_keys_are_refused_in_header_and_payload_at_every_depth() {
    let rsa = Signer::rsa();
    let payload = claims().to_string();
    let header = r#"{"alg":"none","alg":"RS256","kid":"k1","typ":"JWT"}"#;
    assert_eq!(refusal(&rsa.token(header, &payload)).await, Reason::RepeatedKey);
    for (find, replace) in [
        ("\"sub\":\"u-1\"", "\"sub\":\"u-2\",\"sub\":\"u-1\""),
        ("\"sub\":\"u-1\"", "\"s\\u0075b\":\"u-2\",\"sub\":\"u-1\""),
        ("{\"roles\":", "{\"roles\":[],\"roles\":"),
    ] {
        let twice = payload.replace(find, replace);
        assert_ne!(twice, payload);
        assert_eq!(refusal(&rsa.token(HEADER, &twice)).await, Reason::RepeatedKey, "{replace}");
    }
}

#[tokio::test]
async fn t19_what_is_not_a_plain_signed_token_is_refused() {
    assert_eq!(refusal(&token_with(json!({"pad": "x".repeat(8200)}))).await, Reason::TooLarge);
    let plain = json!({"alg": "RS256", "kid": "k1", "typ": "JWT"});
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
    ] {
        let token = with_header(changed(plain.clone(), json!({name: value})));
        assert_eq!(refusal(&token).await, Reason::HeaderParameter, "{name}");
    }
    let token = token_with(json!({}));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    for bad in [
        String::new(),
        "a".into(),
        "a.b".into(),
        "..".into(),
        format!("{header}.{payload}"),
        format!("{header}.key.iv.{payload}.tag"),
        format!("{token}."),
        format!(".{token}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}=="),
        format!("{header}.{payload}.{signature}\n"),
        format!("{header}.{payload} .{signature}"),
        format!("{}.{payload}.{signature}", B64.encode("[]")),
        format!("{header}.{}.{signature}", B64.encode("null")),
        format!("{}.{payload}.{signature}", header.replace('_', "/")),
    ] {
        if bad != token {
            assert_eq!(refusal(&bad).await, Reason::Malformed, "{bad}");
        }
    }
    let hints = changed(plain, json!({"x5t": "abc", "x5t#S256": "def"}));
    accepted(&with_header(hints)).await;
}

#[derive(Debug, Default)]
struct Ended(Mutex<Option<Reason>>);

impl Standing for Ended {
    fn check(&self, _: &Caller, token_id: Option<&str>) -> Result<(), Reason> {
        assert_eq!(token_id, Some("t-1"));
        self.0.lock().map_or(Ok(()), Err)
    }
}

#[tokio::test]
async fn t21_a_revoked_token_is_refused_on_the_next_call_although_it_is_in_the_cache() {
    let ended = Arc::new(Ended::default());
    let bench = bench_with(|_| {}, ended.clone());
    let token = token_with(json!({}));
    assert!(bench.verifier.verify(&token, Gate::Mcp).await.is_ok());
    *ended.0.lock() = Some(Reason::Revoked);
    assert_eq!(bench.verifier.verify(&token, Gate::Mcp).await.unwrap_err().reason, Reason::Revoked);
    *ended.0.lock() = None;
    assert!(bench.verifier.verify(&token, Gate::Mcp).await.is_ok());
}

#[tokio::test]
async fn a_token_in_the_cache_ends_with_its_key() {
    let bench = bench();
    let token = token_with(json!({"exp": NOW + 3600}));
    assert!(bench.verifier.verify(&token, Gate::Mcp).await.is_ok());
    bench.fetch.serve(&format!("{CUSTOMERS}/keys"), json!({"keys": [Signer::other_rsa().jwk("k2")]}));
    let rotated = Signer::other_rsa().token(r#"{"alg":"RS256","kid":"k2","typ":"JWT"}"#, &claims().to_string());
    assert!(bench.verifier.verify(&rotated, Gate::Mcp).await.is_ok());
    assert!(bench.verifier.recall(&token, Gate::Mcp).is_none());
    assert_eq!(bench.verifier.verify(&token, Gate::Mcp).await.unwrap_err().reason, Reason::UnknownKey);
}

#[tokio::test]
async fn a_required_claim_that_is_missing_refuses_the_token() {
    let bench = bench_with(|it| it.required_claims = vec!["sid".into()], Arc::new(AlwaysStands));
    let without = bench.verifier.verify(&token_with(json!({})), Gate::Mcp).await;
    assert_eq!(without.unwrap_err().reason, Reason::Claims);
    assert!(bench.verifier.verify(&token_with(json!({"sid": "s"})), Gate::Mcp).await.is_ok());
}

#[tokio::test]
async fn the_audit_learns_whose_token_a_refused_one_claimed_to_be() {
    let refused = bench().verifier.verify(&token_with(json!({"aud": "x"})), Gate::Mcp).await.unwrap_err();
    assert_eq!(refused.issuer.as_deref(), Some(CUSTOMERS));
    assert_eq!(refused.tenant.unwrap().as_str(), "msp");
}

#[test]
fn one_issuer_cannot_be_two_realms() {
    let trust = Trust {
        tenant: TenantId::new("msp").unwrap(),
        realm: Realm::Customer,
        config: crate::edge::testing::realm(CUSTOMERS),
    };
    let twice = Verifier::new(VerifierParts {
        trusted: vec![trust.clone(), Trust { realm: Realm::Employee, ..trust }],
        resource: RESOURCE.into(),
        fetch: Arc::new(crate::edge::testing::TestFetch::default()),
        clock: crate::edge::testing::TestClock::new(),
        timing: KeyTiming::default(),
        standing: Arc::new(AlwaysStands),
        roles: Arc::new(crate::edge::testing::TestRoles),
    });
    assert_eq!(twice.unwrap_err(), IssuerTwice(CUSTOMERS.into()));
}
