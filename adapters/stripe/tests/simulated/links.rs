//! Links: one for an invoice, whatever gets lost.

use super::{Bench, acme, external, invoice, opened, writing};
use postern_api::*;
use postern_simulators::stripe::{self, GLOBEX, OPEN};
use postern_stripe::Links;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const KINDS: [Links; 2] = [Links::HostedInvoice, Links::PaymentLink];

pub(crate) fn new() -> NewPaymentLink {
    NewPaymentLink {
        organisation: external(stripe::ACME),
        invoice: invoice(OPEN),
        amount: Money::new("849.50".parse().expect("an amount"), Currency::new("EUR").expect("a currency")),
        resend: false,
    }
}

impl Bench {
    async fn link(&self, cx: &CallCx) -> Result<Option<PaymentLink>> {
        let made = self.billing().create_payment_link(cx, &new()).await?;
        Ok(opened(made).expect("acme's").payment_link)
    }

    /// Links that there are: notes on the invoice, or objects for it.
    fn made(&self, links: Links) -> usize {
        let has = |it: &Value, field: &str| it.get("metadata").and_then(|it| it.get(field)).cloned();
        self.stripe.state.data(|data| match links {
            Links::HostedInvoice => data.invoices.iter().filter(|it| has(it, "postern_link").is_some()).count(),
            Links::PaymentLink => {
                data.payment_links.iter().filter(|it| has(it, "postern_invoice") == Some(json!(OPEN))).count()
            }
        })
    }
}

fn kind<T>(answer: Result<T>) -> Option<ErrorKind> {
    answer.err().map(|it| it.kind())
}

#[tokio::test]
async fn a_link_is_made_once_and_a_second_one_is_refused() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        let link = bench.link(&writing("gw:1")).await.expect("a link").expect("a link");
        assert!(link.active, "{links:?}");
        // The same write again is the same link; another one is refused, and the same can be told again.
        assert!(bench.link(&writing("gw:1")).await.expect("the same").is_some_and(|it| it.active));
        assert_eq!(kind(bench.link(&writing("gw:2")).await), Some(ErrorKind::Conflict), "{links:?}");
        let again = NewPaymentLink { resend: true, ..new() };
        bench.billing().create_payment_link(&writing("gw:3"), &again).await.expect("told again");
        assert_eq!(bench.made(links), 1, "{links:?}");
        assert_eq!(bench.stripe.state.keys().first().map(String::as_str), Some("gw:1"));
        assert_eq!(bench.stripe.state.outside(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn w09_an_answer_that_got_lost_is_asked_for_again_under_the_same_key_and_there_is_one_link() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        bench.stripe.state.quirks(|it| it.stall_after_commit = 1);
        let cx = CallCx { deadline: std::time::Instant::now() + Duration::from_secs(3), ..writing("gw:1") };
        assert!(bench.link(&cx).await.expect("a link").is_some_and(|it| it.active), "{links:?}");
        assert_eq!(bench.stripe.state.keys(), ["gw:1", "gw:1"]);
        assert_eq!((bench.made(links), bench.stripe.state.data(|it| it.writes)), (1, 1), "{links:?}");
    }
}

#[tokio::test]
async fn w09_a_link_whose_answer_never_comes_is_unknown_and_found_by_its_reference_later() {
    for (links, stalls) in KINDS.into_iter().flat_map(|it| [(it, true), (it, false)]) {
        let bench = Bench::of(links).await;
        bench.stripe.state.quirks(|it| {
            it.stall_after_commit = if stalls { 9 } else { 0 };
            it.fail_after_commit = if stalls { 0 } else { 9 };
        });
        let cx = CallCx { deadline: std::time::Instant::now() + Duration::from_secs(1), ..writing("gw:1") };
        assert_eq!(kind(bench.link(&cx).await), Some(ErrorKind::OutcomeUnknown), "{links:?} {stalls}");
        bench.stripe.state.quirks(|it| *it = stripe::Quirks::default());
        let before = bench.stripe.state.keys().len();
        assert!(bench.link(&writing("gw:1")).await.expect("found").is_some_and(|it| it.active));
        assert_eq!(bench.stripe.state.keys().len(), before, "it was looked for, not sent");
        assert_eq!(kind(bench.link(&writing("gw:2")).await), Some(ErrorKind::Conflict));
        assert_eq!((bench.made(links), bench.stripe.state.data(|it| it.writes)), (1, 1), "{links:?} {stalls}");
    }
}

#[tokio::test]
async fn two_at_once_make_one_link() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        let all = (0..20).map(|it| {
            let (adapter, cx) = (bench.adapter.clone(), writing(&format!("gw:{it}")));
            tokio::spawn(async move {
                let answer = adapter.billing().expect("billing").create_payment_link(&cx, &new()).await;
                answer.map(drop).map_err(|it| it.kind())
            })
        });
        let all: Vec<_> = all.collect();
        let mut made = 0;
        for one in all {
            match one.await.expect("no panic") {
                Ok(()) => made += 1,
                Err(kind) => assert_eq!(kind, ErrorKind::Conflict),
            }
        }
        assert_eq!((made, bench.made(links)), (1, 1), "{links:?}");
    }
}

#[tokio::test]
async fn another_content_under_the_same_key_is_a_conflict() {
    let bench = Bench::of(Links::PaymentLink).await;
    bench.link(&writing("gw:1")).await.expect("a link");
    // The link is gone from the list, so that it is asked for anew, with another amount.
    bench.stripe.state.data(|data| {
        data.payment_links.clear();
        for row in data.invoices.iter_mut().filter(|it| it["id"] == OPEN) {
            row["amount_remaining"] = json!(100);
        }
    });
    let amount = Money::new(Decimal::ONE, Currency::new("EUR").expect("a currency"));
    let other = NewPaymentLink { amount, ..new() };
    let answer = bench.billing().create_payment_link(&writing("gw:1"), &other).await;
    assert_eq!(kind(answer), Some(ErrorKind::Conflict));
    assert_eq!(bench.made(Links::PaymentLink), 0);
}

#[tokio::test]
async fn an_invoice_that_was_paid_through_a_link_gets_no_second_one() {
    let bench = Bench::of(Links::PaymentLink).await;
    bench.link(&writing("gw:1")).await.expect("a link");
    bench.stripe.state.data(|data| {
        for row in data.payment_links.iter_mut().filter(|it| it["metadata"]["postern_invoice"] == OPEN) {
            row["active"] = json!(false);
            row["restrictions"]["completed_sessions"]["count"] = json!(1);
        }
    });
    assert_eq!(kind(bench.link(&writing("gw:2")).await), Some(ErrorKind::Conflict));
    // One that was only switched off can be replaced.
    bench.stripe.state.data(|data| {
        for row in &mut data.payment_links {
            row["restrictions"] = json!({ "completed_sessions": { "count": 0, "limit": 1 } });
        }
    });
    assert!(bench.link(&writing("gw:3")).await.expect("a new one").is_some_and(|it| it.active));
}

#[tokio::test]
async fn a_link_can_be_used_once_and_says_what_it_is_for() {
    let bench = Bench::of(Links::PaymentLink).await;
    bench.link(&writing("gw:1")).await.expect("a link");
    let link = bench.stripe.state.data(|data| data.payment_links.last().cloned()).expect("a link");
    assert_eq!(link["restrictions"]["completed_sessions"]["limit"], 1);
    assert_eq!((&link["simulated_amount"], &link["currency"]), (&json!("84950"), &json!("eur")));
    assert_eq!(link["metadata"], json!({ "postern_link": "gw:1", "postern_invoice": OPEN, "postern_sent": "1" }));
}

/// What finance follows: how often somebody was sent the link, in the vendor's own record.
#[tokio::test]
async fn each_sending_is_counted_once_whatever_is_repeated() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        let times = |it: Option<PaymentLink>| it.and_then(|it| it.sent).map(|it| it.times);
        assert_eq!(times(bench.link(&writing("gw:1")).await.expect("a link")), Some(1));
        for (reference, expected) in [("gw:2", 2), ("gw:2", 2), ("gw:3", 3)] {
            let again = NewPaymentLink { resend: true, ..new() };
            let answer = bench.billing().create_payment_link(&writing(reference), &again).await.expect("the link");
            assert_eq!(times(opened(answer).expect("acme's").payment_link), Some(expected), "{links:?} {reference}");
        }
    }
}

#[tokio::test]
async fn nothing_is_written_without_a_reference_or_for_somebody_else() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        assert_eq!(kind(bench.link(&acme()).await), Some(ErrorKind::Internal));
        for (organisation, id) in
            [(GLOBEX, OPEN), (stripe::ACME, "in_Globex00000001"), (stripe::ACME, "in_Nobody00000001")]
        {
            let other = NewPaymentLink { organisation: external(organisation), invoice: invoice(id), ..new() };
            let both = vec![external(stripe::ACME), external(GLOBEX)];
            let cx = CallCx { reach: Reach::Organisations(both), ..writing("gw:1") };
            let answer = bench.billing().create_payment_link(&cx, &other).await;
            assert_eq!(kind(answer), Some(ErrorKind::NotFound), "{organisation} {id}");
        }
        assert_eq!(bench.stripe.state.keys(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn nobody_says_how_many_links_there_are_where_they_cannot_all_be_read() {
    let bench = Bench::with(|config| {
        config.links = Links::PaymentLink;
        config.max_rows = 100;
    })
    .await;
    bench.stripe.state.data(|data| {
        let shop = data.payment_links.first().cloned().expect("a link");
        for number in 0..100 {
            let mut other = shop.clone();
            other["id"] = json!(format!("plink_{number}"));
            data.payment_links.push(other);
        }
    });
    assert_eq!(kind(bench.link(&writing("gw:1")).await), Some(ErrorKind::BadReply));
    assert_eq!(bench.stripe.state.keys(), Vec::<String>::new());
}
