//! The kit, against the simulator, with both kinds of links.

#![expect(clippy::expect_used, reason = "a test fails by panicking, also in its helpers")]

use postern_api::*;
use postern_kit::*;
use postern_simulators::Running;
use postern_simulators::http::PlainHttp;
use postern_simulators::stripe::{self, Canned, State};
use postern_stripe::{Config, Links};
use std::collections::BTreeSet;
use std::sync::Arc;

fn external(id: &str) -> ExternalId {
    ExternalId::new(id).expect("an id")
}

fn adapter(url: &str, links: Links) -> Arc<dyn Adapter> {
    let mut config = Config::new(format!("{url}/v1"), stripe::ACCOUNT, false, stripe::KEY);
    config.links = links;
    config.customer_visible = true;
    let http = PlainHttp::new(&config.base_url, Some(postern_stripe::authenticator(&config))).expect("a client");
    postern_stripe::connect(config, http).expect("a good configuration")
}

async fn fixture(links: Links) -> (Running<State>, Fixture) {
    let stripe = stripe::start().await.expect("a free port");
    let nobody = || ContactId::new("C-1").expect("an id");
    let side = |name: &str, customer: &str| Side {
        organisation: OrganisationId::new(name).expect("an id"),
        external: external(customer),
        requester: nobody(),
        email: "nobody@acme.example".into(),
        ticket: TicketId::new("T-1").expect("an id"),
        note_canary: "none".into(),
        colleagues_ticket: None,
        private_ticket: None,
        contact: None,
        lead: None,
        member: None,
    };
    let (own, foreign) = (side("acme", stripe::ACME), side("globex", stripe::GLOBEX));
    let fixture = Fixture {
        adapter: adapter(&stripe.url, links),
        map: OrganisationMap::new([&own, &foreign].map(|it| (it.organisation.clone(), it.external.clone()))),
        own,
        foreign,
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "none".into(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("in_Missing").expect("an id"),
            contact: nobody(),
            organisation: external("cus_Missing"),
            article: ArticleId::new("K-1").expect("an id"),
        },
        caps: Caps::default(),
    };
    (stripe, fixture)
}

fn canned(trouble: Trouble) -> Canned {
    let reads = trouble.side == FaultSide::Reads;
    let json = |status: u16, body: &str| Canned {
        methods: vec![if reads { "GET" } else { "POST" }.to_owned()],
        status,
        content_type: "application/json".into(),
        body: body.replace('@', FAULT_CANARY),
        ..Canned::default()
    };
    let error = |status: u16, kind: &str, code: &str| {
        json(status, &format!(r#"{{"error":{{"type":"{kind}","code":"{code}","message":"@","param":"@"}}}}"#))
    };
    match trouble.fault {
        Fault::Unauthenticated => error(401, "invalid_request_error", ""),
        Fault::Forbidden => error(403, "invalid_request_error", "more_permissions_required"),
        Fault::NotFound => error(404, "invalid_request_error", "resource_missing"),
        Fault::RateLimited => Canned { retry_after: Some(7), ..error(429, "invalid_request_error", "rate_limit") },
        Fault::ServerError => error(500, "api_error", "@"),
        Fault::Slow => Canned { silent: true, ..json(200, "@") },
        Fault::Cut => json(200, r#"{"id":"in_Open0000000001","object":"invoice","description":"@"#),
        Fault::Html => {
            Canned { content_type: "text/html".into(), ..json(200, "<!DOCTYPE html><html><body>@</body></html>") }
        }
        Fault::WrongJson => json(200, r#"{"greeting":["@"]}"#),
    }
}

const KINDS: [Links; 2] = [Links::HostedInvoice, Links::PaymentLink];

/// The kit, in which nothing is asked that the description does not have, and nothing is written.
#[tokio::test]
async fn the_adapter_passes_the_kit_with_both_kinds_of_links() {
    for links in KINDS {
        let (stripe, fixture) = fixture(links).await;
        let report = run(&fixture).await;
        assert!(report.passed(), "{links:?}\n{report}");
        assert_eq!(stripe.state.outside(), Vec::<String>::new());
        assert_eq!(stripe.state.data(|it| it.writes), 0);
    }
}

#[tokio::test]
async fn the_adapter_passes_the_kit_in_trouble() {
    for links in KINDS {
        let (stripe, fixture) = fixture(links).await;
        let misbehave = |trouble: Option<Trouble>| {
            stripe.state.quirks(|it| it.canned = trouble.map(canned).into_iter().collect());
        };
        let report = run_failures(&fixture, &misbehave).await;
        assert!(report.passed(), "{links:?}\n{report}");
        assert_eq!(report.outcomes().len(), 20);
        assert_eq!(stripe.state.data(|it| it.writes), 0);
    }
}

/// Whether the kit passes and a link can be made.
async fn works(fixture: &Fixture) -> bool {
    let mut cx = CallCx::new(Reach::Organisations(vec![external(stripe::ACME)]), std::time::Duration::from_secs(5));
    cx.reference = Some("gw:permissions".into());
    let new = NewPaymentLink {
        organisation: external(stripe::ACME),
        invoice: InvoiceId::new(stripe::OPEN).expect("an id"),
        amount: Money::new("849.50".parse().expect("an amount"), Currency::new("EUR").expect("a currency")),
        resend: false,
    };
    let made = fixture.adapter.billing().expect("billing").create_payment_link(&cx, &new).await;
    run(fixture).await.passed() && made.is_ok()
}

/// The permissions that the README names are enough, and none of them is too many.
#[tokio::test]
async fn the_permissions_that_are_asked_for_are_those_that_are_needed() {
    let readme = include_str!("../README.md");
    let of = |links: Links| -> BTreeSet<&'static str> {
        let needed = |it: &&'static str| match links {
            Links::HostedInvoice => !it.starts_with("Payment Links"),
            Links::PaymentLink => *it != "Invoices: Write",
        };
        stripe::PERMISSIONS.into_iter().filter(needed).collect()
    };
    for links in KINDS {
        let all = of(links);
        let (stripe, fixture) = fixture(links).await;
        stripe.state.quirks(|it| it.permissions = Some(all.clone()));
        assert!(works(&fixture).await, "{links:?}");
        for permission in &all {
            assert!(readme.contains(permission), "{permission}");
            let (stripe, fixture) = self::fixture(links).await;
            let others = all.iter().copied().filter(|it| it != permission).collect();
            stripe.state.quirks(|it| it.permissions = Some(others));
            assert!(!works(&fixture).await, "{links:?} {permission}");
        }
    }
}

/// Nothing that the adapter says that it can do is left out.
#[tokio::test]
async fn the_adapter_is_held_to_every_trial() {
    let (_stripe, fixture) = fixture(Links::HostedInvoice).await;
    let held: Vec<&str> = trials(&fixture).iter().map(Trial::name).collect();
    let supports = fixture.adapter.supports();
    let wanted = all().into_iter().filter(|it| it.needs().iter().all(|op| supports.contains(op)));
    let left_out: Vec<&str> = wanted.map(|it| it.name()).filter(|it| !held.contains(it)).collect();
    assert_eq!(left_out, [""; 0]);
}
