//! The adapter against localstripe, as `tests/wide/stripe/run.sh` starts and fills it: a program of others, which keeps its own
//! records, counts money by itself and takes no notice of idempotency keys.
//!
//! `POSTERN_STRIPE_URL` names it, `POSTERN_STRIPE_FACTS` a file with what the seed printed. Without them it says that it was skipped.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers, and is told by its environment where the system is"
)]

use futures::future::join_all;
use postern_api::*;
use postern_kit::{Caps, Fixture, Missing, Side, run};
use postern_simulators::http::PlainHttp;
use postern_stripe::Config;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What the seed printed.
struct Facts(Value);

impl Facts {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).expect("a fact")
    }

    fn customer(&self, name: &str) -> ExternalId {
        ExternalId::new(self.text(name)).expect("an id")
    }

    fn invoice(&self, name: &str) -> InvoiceId {
        InvoiceId::new(self.text(name)).expect("an id")
    }
}

fn adapter(url: &str, key: &str) -> Arc<dyn Adapter> {
    let mut config = Config::new(format!("{url}/v1"), "acct_Local", false, key);
    config.customer_visible = true;
    let http = PlainHttp::new(&config.base_url, Some(postern_stripe::authenticator(&config))).expect("a client");
    postern_stripe::connect(config, http).expect("a good configuration")
}

fn fixture(adapter: Arc<dyn Adapter>, facts: &Facts) -> Fixture {
    let nobody = || ContactId::new("C-1").expect("an id");
    let side = |name: &str| Side {
        organisation: OrganisationId::new(name).expect("an id"),
        external: facts.customer(name),
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
    let (own, foreign) = (side("acme"), side("globex"));
    Fixture {
        adapter,
        map: OrganisationMap::new([&own, &foreign].map(|it| (it.organisation.clone(), it.external.clone()))),
        own,
        foreign,
        staff: Agent { id: "employee-1".into(), name: "Ada Agent".into(), email: None },
        escalation_target: "none".into(),
        articles: None,
        missing: Missing {
            ticket: TicketId::new("in_Missing").expect("an id"),
            contact: nobody(),
            organisation: ExternalId::new("cus_Missing").expect("an id"),
            article: ArticleId::new("K-1").expect("an id"),
        },
        caps: Caps::default(),
    }
}

/// The account as the tests see it, with Acme's reach.
struct Account<'a> {
    fixture: &'a Fixture,
    facts: &'a Facts,
}

impl Account<'_> {
    fn cx(&self) -> CallCx {
        CallCx::new(Reach::Organisations(vec![self.facts.customer("acme")]), Duration::from_secs(20))
    }

    fn billing(&self) -> &dyn Billing {
        self.fixture.adapter.billing().expect("billing")
    }

    /// As the gateway opens it for Acme.
    fn open<T>(&self, row: Owned<T>) -> Option<T> {
        let tenant = TenantId::new("msp").expect("an id");
        let scope = Scope::organisation(tenant, self.fixture.own.organisation.clone());
        scope.admit(&self.fixture.map, row).ok().map(|it| it.record)
    }

    async fn invoice(&self, name: &str) -> Option<Invoice> {
        self.open(self.billing().invoice(&self.cx(), &self.facts.invoice(name)).await.expect("an invoice"))
    }

    async fn link(&self, invoice: &str, reference: &str, resend: bool) -> Result<PaymentLink> {
        let cx = CallCx { reference: Some(reference.into()), ..self.cx() };
        let amount = Money::new("50.00".parse().expect("an amount"), Currency::new("GBP").expect("a currency"));
        let invoice = self.facts.invoice(invoice);
        let new = NewPaymentLink { organisation: self.facts.customer("acme"), invoice, amount, resend };
        let made = self.billing().create_payment_link(&cx, &new).await?;
        Ok(self.open(made).expect("acme's").payment_link.expect("a link"))
    }

    async fn reads(&self) {
        let query =
            |statuses| InvoiceQuery { organisation: None, statuses, customer_visible: true, offset: 0, limit: 200 };
        let list = async |statuses| {
            let page = self.billing().invoices(&self.cx(), &query(statuses)).await.expect("invoices");
            let rows = page.rows.into_iter().map(|it| self.open(it).expect("acme's"));
            let mut seen: Vec<_> = rows.map(|it| (it.status, it.total.to_string(), it.balance.to_string())).collect();
            seen.sort_by(|a, b| a.1.cmp(&b.1));
            seen
        };
        let (open, paid) = (InvoiceStatus::Open, InvoiceStatus::Paid);
        let of = |status, total: &str, balance: &str| (status, total.to_owned(), balance.to_owned());
        let all = [of(paid, "312.50 GBP", "0.00 GBP"), of(open, "50.00 GBP", "50.00 GBP")];
        assert_eq!(list(vec![]).await, all, "no draft, and nobody else's");
        assert_eq!(list(vec![paid]).await, [of(paid, "312.50 GBP", "0.00 GBP")]);
        let bill = self.invoice("open").await.expect("acme's");
        let lines: Vec<_> = bill.lines.iter().map(|it| it.total.map(|it| it.to_string())).collect();
        assert_eq!(lines, [Some("50.00 GBP".to_owned())]);
        assert!(bill.payment_link.is_none());
        assert!(!self.invoice("draft").await.expect("acme's").customer_visible);
        assert!(self.invoice("theirs").await.is_none(), "another's is not opened");
        let agreements = self.billing().agreements(&self.cx(), &self.facts.customer("acme")).await.expect("agreements");
        let seats = agreements.into_iter().map(|it| self.open(it).expect("acme's"));
        let mut seats: Vec<_> = seats.map(|it| (it.amount.map(|it| it.to_string()), it.period)).collect();
        seats.sort();
        let month = || Some("month".to_owned());
        assert_eq!(seats, [(Some("312.50 GBP".into()), month()), (Some("50.00 GBP".into()), month())]);
    }

    async fn payments(&self) {
        let of = async |invoice: Option<&InvoiceId>| {
            let found = self.billing().payments(&self.cx(), &self.facts.customer("acme"), invoice).await;
            let found = found.expect("payments").into_iter().map(|it| self.open(it).expect("acme's"));
            let mut seen: Vec<_> = found
                .map(|it| (it.amount.to_string(), it.status, it.refunded.map(|it| it.to_string()), it.method))
                .collect();
            seen.sort_by(|a, b| a.0.cmp(&b.0));
            seen
        };
        let card = |digits: &str| Some(format!("card ending {digits}"));
        let paid = ("312.50 GBP".to_owned(), PaymentStatus::Succeeded, None, card("4242"));
        let declined = ("50.00 GBP".to_owned(), PaymentStatus::Failed, None, card("0341"));
        let refunded = ("40.00 GBP".to_owned(), PaymentStatus::Refunded, Some("15.00 GBP".to_owned()), card("4242"));
        assert_eq!(of(None).await, [paid.clone(), refunded, declined.clone()]);
        assert_eq!(of(Some(&self.facts.invoice("paid"))).await, [paid]);
        assert_eq!(of(Some(&self.facts.invoice("open"))).await, [declined]);
        assert_eq!(of(Some(&self.facts.invoice("theirs"))).await, []);
    }

    /// Nothing over there keeps a second link from being made: what does is here.
    async fn links(&self) {
        let kind = |answer: Result<PaymentLink>| answer.err().map(|it| it.kind());
        assert_eq!(kind(self.link("theirs", "gw:0", false).await), Some(ErrorKind::NotFound));
        assert_eq!(kind(self.link("paid", "gw:0", false).await), Some(ErrorKind::Conflict));
        assert_eq!(kind(self.link("draft", "gw:0", false).await), Some(ErrorKind::Conflict));
        assert_eq!(
            kind(self.link("open", "gw:0", true).await),
            Some(ErrorKind::NotFound),
            "there is none to send again"
        );
        let references: Vec<_> = (1..=10).map(|it| format!("gw:{it}")).collect();
        let made = join_all(references.iter().map(|it| self.link("open", it, false))).await;
        let won: Vec<_> = references.iter().zip(&made).filter(|(_, it)| it.is_ok()).map(|(it, _)| it).collect();
        let [won] = won.as_slice() else { panic!("{} links", won.len()) };
        assert!(made.into_iter().all(|it| matches!(kind(it), None | Some(ErrorKind::Conflict))));
        assert!(self.invoice("open").await.expect("acme's").payment_link.is_some_and(|it| it.active));
        assert!(self.link("open", won, false).await.expect("the same write").active);
        assert_eq!(kind(self.link("open", "gw:another", false).await), Some(ErrorKind::Conflict));
        assert!(self.link("open", "gw:again", true).await.expect("sent again").active);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (Ok(url), Ok(facts)) = (std::env::var("POSTERN_STRIPE_URL"), std::env::var("POSTERN_STRIPE_FACTS")) else {
        println!("SKIPPED: POSTERN_STRIPE_URL and POSTERN_STRIPE_FACTS name no localstripe");
        return;
    };
    let text = std::fs::read_to_string(facts).expect("the facts");
    let facts = Facts(serde_json::from_str(&text).expect("facts in JSON"));
    let fixture = fixture(adapter(&url, "sk_test_local"), &facts);
    let account = Account { fixture: &fixture, facts: &facts };
    fixture.adapter.probe(&account.cx()).await.expect("all is well");
    // It takes any secret key, and no other kind of key.
    let stranger = adapter(&url, "rk_test_local").probe(&account.cx()).await.expect_err("not a key");
    assert_eq!(stranger.kind(), ErrorKind::Unauthenticated);
    account.reads().await;
    account.payments().await;
    let report = run(&fixture).await;
    println!("{report}");
    assert!(report.passed(), "the kit");
    account.links().await;
    println!("ok");
}
