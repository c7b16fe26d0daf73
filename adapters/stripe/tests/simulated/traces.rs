//! Links whose answer was lost, found again by their reference alone, by looking and nothing else.

use super::links::{KINDS, new};
use super::{Bench, acme, external, opened, writing};
use jiff::Timestamp;
use postern_api::*;
use postern_simulators::stripe::{self, GLOBEX, OPEN};
use std::time::Duration;

fn sought(reference: &str) -> Sought {
    Sought {
        op: Op::PaymentLinkCreate,
        reference: reference.into(),
        organisation: Some(external(stripe::ACME)),
        record: Some(OPEN.into()),
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

impl Bench {
    async fn found(&self, reference: &str) -> Option<String> {
        let found = self.adapter.trace(&acme(), &sought(reference)).await.expect("a search");
        found.map(|it| opened(it).expect("Acme's").record)
    }

    /// A link that is made and never answered for.
    async fn lose(&self, reference: &str, new: &NewPaymentLink) {
        self.stripe.state.quirks(|it| it.fail_after_commit = 9);
        let cx = CallCx { deadline: std::time::Instant::now() + Duration::from_secs(1), ..writing(reference) };
        let lost = self.billing().create_payment_link(&cx, new).await.expect_err("no answer");
        assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
        self.stripe.state.quirks(|it| *it = stripe::Quirks::default());
        self.stripe.state.log.clear();
    }
}

#[tokio::test]
async fn w09_a_link_that_was_made_before_the_answer_was_lost_is_found_and_nothing_is_sent_for_that() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        assert_eq!(bench.found("gw:1").await, None, "{links:?}: nothing was written yet");
        bench.lose("gw:1", &new()).await;
        assert_eq!(bench.found("gw:1").await.as_deref(), Some(OPEN), "{links:?}");
        assert_eq!(bench.found("gw:2").await, None, "{links:?}: another write");
        assert!(bench.stripe.state.log.all().iter().all(|it| it.method == "GET"), "{links:?}");
        assert_eq!(bench.stripe.state.data(|it| it.writes), 1, "{links:?}");
    }
}

#[tokio::test]
async fn w09_a_page_that_was_handed_out_again_is_found_beside_the_first_time() {
    let bench = Bench::start().await;
    bench.billing().create_payment_link(&writing("gw:1"), &new()).await.expect("a link");
    bench.lose("gw:2", &NewPaymentLink { resend: true, ..new() }).await;
    for reference in ["gw:1", "gw:2"] {
        assert_eq!(bench.found(reference).await.as_deref(), Some(OPEN), "{reference}");
    }
}

#[tokio::test]
async fn w09_a_link_of_another_organisations_invoice_is_found_by_nobody_else() {
    for links in KINDS {
        let bench = Bench::of(links).await;
        bench.lose("gw:1", &new()).await;
        let globex = CallCx::new(Reach::Organisations(vec![external(GLOBEX)]), Duration::from_secs(20));
        let theirs = Sought { organisation: Some(external(GLOBEX)), ..sought("gw:1") };
        for (cx, asked) in [(&globex, &theirs), (&globex, &sought("gw:1")), (&acme(), &theirs)] {
            let answer = bench.adapter.trace(cx, asked).await;
            assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::NotFound), "{links:?}");
        }
    }
}

#[tokio::test]
async fn a_search_that_says_of_which_invoice_nothing_or_reads_not_all_links_is_no_answer() {
    let bench = Bench::of(postern_stripe::Links::PaymentLink).await;
    bench.lose("gw:1", &new()).await;
    let nowhere = Sought { record: None, ..sought("gw:1") };
    let answer = bench.adapter.trace(&acme(), &nowhere).await;
    assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::InvalidArgument));
    let few = Bench::with(|config| (config.links, config.max_rows) = (postern_stripe::Links::PaymentLink, 1)).await;
    few.stripe.state.data(|it| {
        let row = it.payment_links.first().cloned().expect("a link");
        it.payment_links = (0..3)
            .map(|n| {
                let mut row = row.clone();
                row["id"] = serde_json::json!(format!("plink_Other{n}"));
                row
            })
            .collect();
    });
    let answer = few.adapter.trace(&acme(), &sought("gw:1")).await;
    assert_eq!(answer.err().map(|it| it.kind()), Some(ErrorKind::BadReply));
}
