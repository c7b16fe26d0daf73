//! Mails whose sending was cut or whose answer was lost, found again in the ledger by their reference alone.

use crate::support::{Bench, cx, external};
use jiff::Timestamp;
use postern_api::*;

const LEAD: &str = "lead@acme.example";
const BASIC: &str = "basic@acme.example";

fn writing(reference: &str) -> CallCx {
    CallCx { reference: Some(reference.to_owned()), ..cx() }
}

fn sought(op: Op, reference: &str) -> Sought {
    Sought {
        op,
        reference: reference.into(),
        organisation: Some(external("acme")),
        record: None,
        since: Timestamp::now(),
        until: Timestamp::now(),
    }
}

impl Bench {
    async fn trace(&self, cx: &CallCx, asked: &Sought) -> Result<bool> {
        Ok(self.adapter.trace(cx, asked).await?.is_some())
    }
}

#[tokio::test]
async fn w09_a_mail_that_was_sent_is_found_and_one_that_was_never_kept_was_never_sent() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD, BASIC], Topic::Update).await;
    bench.send(&writing("gw:sent"), &new).await.expect("sent");
    // One of two was refused for good: the write is done, and the ledger says what came of each.
    bench.post.answers.lock().push_back(ErrorKind::InvalidArgument);
    bench.send(&writing("gw:half"), &new).await.expect("one of them");
    let before = bench.post.sent.lock().len();
    for (reference, there) in [("gw:sent", true), ("gw:half", true), ("gw:none", false)] {
        let found = bench.trace(&cx(), &sought(Op::NoticeSend, reference)).await.expect("a search");
        assert_eq!(found, there, "{reference}");
    }
    assert_eq!(bench.post.sent.lock().len(), before, "looked, and sent nothing");
    assert_eq!(bench.adapter.traces(Op::NoticeSend), Traceable::AtOnce);
}

/// Between keeping and the server's answer nobody knows, and no search ever will.
#[tokio::test]
async fn w09_a_mail_of_which_nobody_knows_is_neither_found_nor_absent() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD, BASIC], Topic::Update).await;
    bench.ledger.reserve(&writing("gw:crash"), &new).await.expect("kept");
    bench.post.answers.lock().extend([ErrorKind::OutcomeUnknown, ErrorKind::InvalidArgument]);
    bench.send(&writing("gw:lost"), &new).await.expect_err("nobody knows");
    for reference in ["gw:crash", "gw:lost"] {
        let error = bench.trace(&cx(), &sought(Op::NoticeSend, reference)).await.expect_err("nobody knows");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{reference}");
    }
}

#[tokio::test]
async fn w09_what_somebody_wants_is_found_and_nobody_elses_is() {
    let bench = Bench::new();
    let who = bench.recipient("acme", LEAD).await.contact;
    let wish = Wish { topic: Topic::Reply, channel: Channel::Email, wanted: false };
    let port = bench.adapter.notifications().expect("a port");
    port.prefer(&writing("gw:wish"), &external("acme"), &who, &[wish]).await.expect("noted");
    assert!(bench.trace(&cx(), &sought(Op::PreferenceSet, "gw:wish")).await.expect("a search"));
    assert!(!bench.trace(&cx(), &sought(Op::NoticeSend, "gw:wish")).await.expect("a search"), "another kind of write");
    let globex = CallCx::new(Reach::Organisations(vec![external("globex")]), cx().remaining());
    let theirs = Sought { organisation: Some(external("globex")), ..sought(Op::PreferenceSet, "gw:wish") };
    for (cx, asked) in [(&globex, &theirs), (&globex, &sought(Op::PreferenceSet, "gw:wish")), (&cx(), &theirs)] {
        assert!(!bench.trace(cx, asked).await.expect("a search"));
    }
    let error = bench.trace(&cx(), &sought(Op::TicketCreate, "gw:wish")).await.expect_err("not here");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
