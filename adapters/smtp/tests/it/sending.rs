//! One effect, who is told, and what is said of it.

use crate::support::{Bench, cx, external};
use postern_api::*;

const LEAD: &str = "lead@acme.example";
const BASIC: &str = "basic@acme.example";

fn writing(reference: &str) -> CallCx {
    CallCx { reference: Some(reference.to_owned()), ..cx() }
}

#[tokio::test]
async fn a_mail_goes_to_each_address_once_with_our_reference_and_a_way_out() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD, BASIC], Topic::Update).await;
    let notices = bench.send(&writing("gw:one"), &new).await.expect("sent");
    let states: Vec<_> = notices.iter().map(|it| (it.channel, it.state)).collect();
    assert_eq!(states, [(Channel::Email, NoticeState::Sent); 2]);
    let sent = bench.post.sent.lock().clone();
    let to: Vec<_> = sent.iter().map(|it| it.to.as_str()).collect();
    assert_eq!(to, [LEAD, BASIC]);
    for (mail, notice) in sent.iter().zip(&notices) {
        assert_eq!(mail.id.as_deref(), Some(format!("gw-one.{}", notice.id).as_str()));
        let link = mail.unsubscribe.as_deref().expect("a way out");
        assert!(link.ends_with(&format!("acme-{}-Update", notice.recipient)), "{link}");
    }
    // What was mailed is found in the portal, too.
    for who in &new.recipients {
        assert_eq!(bench.in_portal(who), 1);
    }
}

#[tokio::test]
async fn w09_a_repeat_after_a_lost_answer_sends_nothing_and_says_what_became_of_it() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD], Topic::Update).await;
    bench.post.answers.lock().push_back(ErrorKind::OutcomeUnknown);
    let error = bench.send(&writing("gw:lost"), &new).await.expect_err("nobody knows");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let again = bench.send(&writing("gw:lost"), &new).await.expect("what is known");
    assert_eq!(again.iter().map(|it| it.state).collect::<Vec<_>>(), [NoticeState::Unknown]);
    assert_eq!(bench.post.sent.lock().len(), 1);
    // One that arrived is told as that, again without a second one.
    let first = bench.send(&writing("gw:fine"), &new).await.expect("sent");
    let again = bench.send(&writing("gw:fine"), &new).await.expect("sent before");
    assert_eq!((&first[0].id, again[0].state), (&again[0].id, NoticeState::Sent));
    assert_eq!(bench.post.sent.lock().len(), 2);
}

/// The process died between keeping and sending, or between sending and noting: nobody knows, and nothing goes out again.
#[tokio::test]
async fn w09_a_notice_that_a_crash_cut_stands_as_unknown_and_is_not_sent_again() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD], Topic::Update).await;
    bench.ledger.reserve(&writing("gw:crash"), &new).await.expect("kept");
    assert_eq!(bench.states().await, [(Some(LEAD.to_owned()), NoticeState::Unknown)]);
    let again = bench.send(&writing("gw:crash"), &new).await.expect("what is known");
    assert_eq!(again[0].state, NoticeState::Unknown);
    assert!(bench.post.sent.lock().is_empty());
}

#[tokio::test]
async fn for_good_and_for_now_are_told_apart_and_nothing_is_called_sent_that_was_not() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD, BASIC], Topic::Update).await;
    bench.post.answers.lock().extend([ErrorKind::InvalidArgument, ErrorKind::InvalidArgument]);
    let notices = bench.send(&writing("gw:a"), &new).await.expect("both are in the answer");
    assert!(notices.iter().all(|it| it.state == NoticeState::Failed && it.failure.is_some()), "{notices:?}");
    for kind in [ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Unauthenticated, ErrorKind::Forbidden] {
        bench.post.answers.lock().extend([kind, ErrorKind::InvalidArgument]);
        let error = bench.send(&cx(), &new).await.expect_err("nothing was sent");
        assert_eq!(error.kind(), kind);
    }
    for first in [ErrorKind::Unavailable, ErrorKind::InvalidArgument] {
        bench.post.answers.lock().extend([first, ErrorKind::OutcomeUnknown]);
        let error = bench.send(&cx(), &new).await.expect_err("nobody knows");
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{first:?}");
    }
    assert!(bench.states().await.iter().all(|it| it.1 != NoticeState::Sent));
    let [lead, basic] = [0, 1].map(|nth| bench.in_portal(&new.recipients[nth]));
    assert_eq!((lead, basic), (0, 2), "in the portal is who may have had the mail");
}

/// Between the look and the sending somebody left: then nobody is told.
#[tokio::test]
async fn who_left_or_withdrew_meanwhile_is_not_mailed_and_nobody_else_either() {
    let bench = Bench::new();
    let new = bench.notice(&[BASIC, LEAD], Topic::Update).await;
    let (organisation, lead) = (external("acme"), new.recipients[1].contact.clone());
    for _ in 0..2 {
        bench.ledger.opt_out(&cx(), &organisation, &lead, (Topic::Update, Channel::Email)).await.expect("left");
    }
    let refused = bench.send(&cx(), &new).await.expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(bench.post.sent.lock().is_empty() && bench.states().await.is_empty());
    // Another topic, the same person; and about an account everybody is told.
    for topic in [Topic::Reply, Topic::Security] {
        bench.send(&cx(), &bench.notice(&[LEAD], topic).await).await.expect("told");
    }
    let omar = bench.notice(&["omar.haddad@acme.example"], Topic::Update).await;
    assert_eq!(bench.send(&cx(), &omar).await.expect_err("never agreed").kind(), ErrorKind::Conflict);
    let of_globex = bench.ledger.opt_out(&cx(), &external("globex"), &lead, (Topic::Reply, Channel::Email)).await;
    assert_eq!(of_globex.expect_err("out of reach").kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn two_at_once_do_not_pass_the_cap_together() {
    let bench = std::sync::Arc::new(Bench::new());
    let new = NewNotice { daily_cap: Some(1), ..bench.notice(&[LEAD], Topic::Reply).await };
    let both = [(); 8].map(|()| {
        let (bench, new) = (bench.clone(), new.clone());
        tokio::spawn(async move { bench.send(&cx(), &new).await.map_err(|it| it.kind()) })
    });
    let mut answers = Vec::new();
    for one in both {
        answers.push(one.await.expect("ends"));
    }
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|it| it.as_ref().err().is_none_or(|kind| *kind == ErrorKind::LimitReached)));
    assert_eq!(bench.post.sent.lock().len(), 1);
}

#[tokio::test]
async fn a_call_that_only_looks_neither_keeps_nor_sends() {
    let bench = Bench::new();
    let new = bench.notice(&[LEAD], Topic::Update).await;
    assert!(bench.send(&CallCx { looking: true, ..cx() }, &new).await.is_err());
    assert!(bench.post.sent.lock().is_empty() && bench.states().await.is_empty());
}
