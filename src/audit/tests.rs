//! The log as a whole: rows in, verdict out.

use super::super::export::{Filter, export};
use super::super::statement::Period;
use super::super::verify::{Fault, Report, public_key, verify, verify_export};
use super::*;
use crate::caller::Caller;
use jiff::SignedDuration;
use postern_policies::Realm;
use std::path::Path;

fn row(request_id: &str) -> Row {
    let caller = Caller {
        principal: Principal { issuer: "https://customers.example".into(), subject: "jane-canary".into() },
        realm: Realm::Customer,
        tenant: TenantId::new("msp").expect("an id"),
        organisation: Some(postern_api::OrganisationId::new("acme").expect("an id")),
        assigned: None,
        roles: Arc::default(),
        scopes: None,
        client: Some("claude\r\n{\"forged\":true}\u{202e}".into()),
        service: false,
        name: Some("Name Canary".into()),
        email: Some("mail-canary@acme.example".into()),
        expires_at: 0,
        rests: Default::default(),
    };
    let facts = crate::call::host::Facts { request_id: request_id.into(), ..Default::default() };
    let arguments = serde_json::json!({"email": "argument-canary@acme.example"});
    let arguments = arguments.as_object().expect("an object").clone();
    Row::of(Phase::Single, &Arc::new(caller), &arguments, &facts, &crate::call::Trail::default())
}

async fn filled(dir: &Path, rows: usize) -> Arc<Journal> {
    let journal = Arc::new(Journal::open(dir, Settings::default()).expect("opens"));
    for nth in 0..rows {
        journal.append(row(&format!("r{nth}"))).await.expect("appends");
    }
    journal
}

fn check(dir: &Path) -> std::result::Result<Report, Fault> {
    let public = public_key(&dir.join("audit-public.key")).expect("a key");
    verify(dir, &public, None).expect("reads")
}

fn sql(dir: &Path, statement: &str) {
    Connection::open(dir.join("audit.db")).and_then(|it| it.execute_batch(statement)).expect("changes");
}

#[tokio::test]
async fn a_row_that_comes_while_the_log_is_tended_does_not_wait_for_the_next_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 1).await;
    let late = Refused { code: "no_token", request_id: "late", ..Refused::default() };
    let tended = journal.with_writer(|_| {
        journal.refused(&late);
        Ok(())
    });
    tended.expect("tends");
    assert_eq!(check(dir.path()).expect("is whole").rows, 2);
}

#[tokio::test]
async fn a01_every_kind_of_tampering_names_the_first_bad_row() {
    let cases: [(&str, Fault); 7] = [
        ("UPDATE row SET body = replace(body, 'allowed', 'denied') WHERE seq = 3", Fault::Changed(3)),
        ("DELETE FROM row WHERE seq = 4", Fault::Missing(4)),
        (
            "UPDATE row SET seq = -1 WHERE seq = 2; UPDATE row SET seq = 2 WHERE seq = 3; UPDATE row SET seq = 3 WHERE seq = -1",
            Fault::Changed(2),
        ),
        ("UPDATE row SET tenant = 'other' WHERE seq = 5", Fault::Misfiled(5)),
        ("DELETE FROM row WHERE seq > 6", Fault::Truncated(8)),
        (
            "UPDATE head SET signature = replace(signature, substr(signature, 1, 1), 'f') || '' , at = at + 1",
            Fault::Unsigned(8),
        ),
        ("UPDATE head SET hash = (SELECT lower(hex(hash)) FROM row WHERE seq = 7)", Fault::Unsigned(8)),
    ];
    for (tamper, fault) in cases {
        let dir = tempfile::tempdir().expect("a directory");
        filled(dir.path(), 8).await.sign_head().expect("signs");
        assert_eq!(check(dir.path()).expect("is whole").rows, 8);
        sql(dir.path(), tamper);
        assert_eq!(check(dir.path()), Err(fault), "{tamper}");
    }
}

#[tokio::test]
async fn a01_a_cut_tail_with_its_heads_shows_against_the_heads_kept_elsewhere() {
    let dir = tempfile::tempdir().expect("a directory");
    filled(dir.path(), 8).await.sign_head().expect("signs");
    sql(dir.path(), "DELETE FROM row WHERE seq > 6; DELETE FROM head");
    assert!(check(dir.path()).is_ok(), "the database alone cannot know");
    let heads = std::fs::read(dir.path().join("audit-heads.jsonl")).expect("a file");
    let public = public_key(&dir.path().join("audit-public.key")).expect("a key");
    assert_eq!(verify(dir.path(), &public, Some(&mut heads.as_slice())).expect("reads"), Err(Fault::Truncated(8)));
}

#[tokio::test]
async fn a02_a_log_goes_on_where_it_stopped_and_a_broken_end_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(filled(dir.path(), 3).await);
    drop(filled(dir.path(), 3).await);
    assert_eq!(check(dir.path()).expect("is whole").range, Some((1, 6)));
    sql(dir.path(), "UPDATE row SET body = body || ' ' WHERE seq = 6");
    assert!(Journal::open(dir.path(), Settings::default()).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_finds_the_writer_taken_is_committed_by_who_took_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 0).await;
    let appending = journal
        .with_writer(|_| {
            let appender = journal.clone();
            let task = tokio::spawn(async move { appender.append(row("late")).await });
            while journal.waiting.lock().is_empty() {
                std::thread::yield_now();
            }
            Ok(task)
        })
        .expect("runs");
    let appended = tokio::time::timeout(Duration::from_secs(30), appending).await;
    appended.expect("is not left waiting").expect("ends").expect("appends");
}

#[tokio::test]
async fn rows_of_those_who_are_ready_at_once_share_a_commit() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 0).await;
    let commits = Arc::new(AtomicU64::new(0));
    let seen = commits.clone();
    let counted = journal.with_writer(move |connection| {
        let count = move || {
            seen.fetch_add(1, Ordering::Relaxed);
            false
        };
        connection.commit_hook(Some(count)).map_err(failed)
    });
    counted.expect("counts");
    let appending: Vec<_> = (0..10)
        .map(|nth| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.append(row(&format!("r{nth}"))).await })
        })
        .collect();
    for task in appending {
        task.await.expect("ends").expect("appends");
    }
    assert_eq!(commits.load(Ordering::Relaxed), 1);
    assert_eq!(check(dir.path()).expect("is whole").rows, 10);
}

#[tokio::test]
async fn a_row_is_written_also_where_whoever_had_it_leaves_before_their_turn() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 0).await;
    let left = futures::FutureExt::now_or_never(journal.append(row("left")));
    assert!(left.is_none(), "it lets others go first");
    assert_eq!(check(dir.path()).expect("is whole").rows, 1);
}

#[tokio::test]
async fn a07_a_data_directory_has_one_writer_at_a_time() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 1).await;
    assert_eq!(Journal::open(dir.path(), Settings::default()).expect_err("taken").kind(), ErrorKind::Conflict);
    drop(journal);
    assert!(Journal::open(dir.path(), Settings::default()).is_ok());
}

#[tokio::test]
async fn a03_d10_a_full_disk_refuses_rows_and_loses_none_that_it_took() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 3).await;
    journal
        .with_writer(|connection| connection.execute_batch("PRAGMA max_page_count = 1").map_err(failed))
        .expect("shrinks");
    let mut taken = 3;
    let refused = loop {
        match journal.append(row("full")).await {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        assert!(taken < 1_000, "the limit never came");
    };
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(check(dir.path()).expect("is whole").rows, taken);
}

#[tokio::test]
async fn a05_old_days_go_whole_what_is_left_verifies_and_a_legal_hold_keeps_all() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 5).await;
    journal.sign_head().expect("signs");
    let later = Timestamp::now() + SignedDuration::from_hours(24 * 91);
    assert_eq!(journal.drop_old_days(Timestamp::now()).expect("drops"), 0, "nothing is old");
    assert_eq!(journal.drop_old_days(later).expect("drops"), 5);
    journal.append(row("after")).await.expect("appends");
    assert_eq!(check(dir.path()).expect("is whole").range, Some((6, 6)));
    drop(journal);
    let journal = Journal::open(dir.path(), Settings { legal_hold: true, ..Settings::default() })
        .expect("opens after a checkpoint");
    assert_eq!(Arc::new(journal).drop_old_days(later).expect("holds"), 0);
    sql(dir.path(), "UPDATE checkpoint SET hash = iif(hash LIKE 'a%', 'b', 'a') || substr(hash, 2)");
    assert_eq!(check(dir.path()), Err(Fault::Unsigned(5)));
}

#[tokio::test]
async fn a08_and_l01_a_row_holds_no_value_no_name_and_no_line_end() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(filled(dir.path(), 1).await);
    let connection = Connection::open(dir.path().join("audit.db")).expect("opens");
    let body: String = connection.query_row("SELECT body FROM row", [], |row| row.get(0)).expect("a row");
    assert!(!body.to_lowercase().contains("canary"), "{body}");
    assert!(body.chars().all(|it| it.is_ascii_graphic() || it == ' '), "{body}");
    assert!(body.contains(r#""client":"claude{\"forged\":true}""#), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a06_many_at_once_are_numbered_without_gaps() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 0).await;
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for nth in 0..20 {
                    journal.append(row(&format!("{task}-{nth}"))).await.expect("appends");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("ends");
    }
    assert_eq!(check(dir.path()).expect("is whole").range, Some((1, 64 * 20)));
}

#[tokio::test]
async fn an_export_verifies_without_the_database_and_shows_a_change() {
    let dir = tempfile::tempdir().expect("a directory");
    filled(dir.path(), 4).await.sign_head().expect("signs");
    let mut out = Vec::new();
    assert_eq!(export(dir.path(), &Filter::default(), &mut out).expect("exports"), 4);
    let public = public_key(&dir.path().join("audit-public.key")).expect("a key");
    let report = verify_export(&mut out.as_slice(), &public).expect("reads").expect("is whole");
    assert_eq!((report.rows, report.heads, report.unsigned), (4, 1, 0));
    let forged = String::from_utf8(out).expect("text").replacen("allowed", "denied", 1);
    assert_eq!(verify_export(&mut forged.as_bytes(), &public).expect("reads"), Err(Fault::Changed(1)));
    let filter = Filter { tenant: Some(TenantId::new("other").expect("an id")), ..Filter::default() };
    assert_eq!(export(dir.path(), &filter, &mut Vec::new()).expect("exports"), 0);
}

#[tokio::test]
async fn a_persons_past_calls_are_theirs_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 2).await;
    let (msp, jane) = (TenantId::new("msp").expect("an id"), row("x").caller.principal.clone());
    assert_eq!(journal.calls(&msp, &jane, 10).expect("reads").len(), 2);
    let other = Principal { issuer: "https://employees.example".into(), ..jane.clone() };
    assert!(journal.calls(&msp, &other, 10).expect("reads").is_empty());
    assert!(journal.calls(&TenantId::new("other").expect("an id"), &jane, 10).expect("reads").is_empty());
}

/// Everything that can be done to a file between two of its lines, or to its last one.
fn tampered(text: &str, other: &str) -> Vec<(String, Fault)> {
    let lines: Vec<_> = text.lines().collect();
    let seal = lines.len() - 1;
    let joined = |lines: &[&str]| lines.iter().map(|it| format!("{it}\n")).collect::<String>();
    let without = |nth: usize| joined(&[&lines[..nth], &lines[nth + 1..]].concat());
    let (mut swapped, mut foreign) = (lines.clone(), lines.clone());
    swapped.swap(seal - 1, seal - 2);
    let foreign_seal = other.lines().last().expect("a seal");
    foreign[seal] = foreign_seal;
    let digit = |it: char| if it == '0' { '1' } else { '0' };
    let at = text.rfind("\"signature\":\"").expect("a signature") + 13;
    let flipped: String = text.char_indices().map(|(nth, it)| if nth == at { digit(it) } else { it }).collect();
    vec![
        (without(seal), Fault::Unsealed),
        (format!("{text}{}\n", lines[seal - 1]), Fault::Unsealed),
        (without(seal - 1), Fault::Altered),
        (joined(&swapped), Fault::Changed(3)),
        (joined(&foreign), Fault::Forged),
        (flipped, Fault::Forged),
        (joined(&[&lines[..1], &lines[seal..]].concat()), Fault::Altered),
    ]
}

#[tokio::test]
async fn a09_a_filtered_export_is_sealed_so_that_no_row_is_changed_added_or_taken_away() {
    let (dir, elsewhere) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let of_acme =
        Filter { organisation: Some(postern_api::OrganisationId::new("acme").expect("an id")), ..Filter::default() };
    let exported = async |dir: &Path| {
        drop(filled(dir, 4).await);
        let mut out = Vec::new();
        assert_eq!(export(dir, &of_acme, &mut out).expect("exports"), 4);
        String::from_utf8(out).expect("text")
    };
    let (text, other) = (exported(dir.path()).await, exported(elsewhere.path()).await);
    let public = public_key(&dir.path().join("audit-public.key")).expect("a key");
    let read = |text: &str| verify_export(&mut text.as_bytes(), &public).expect("reads");
    assert_eq!(read(&text).expect("is whole").rows, 4);
    // The row's own hash can be made anew by anybody who changes its text; what was signed cannot.
    let parsed: Vec<serde_json::Value> = text.lines().map(|it| serde_json::from_str(it).expect("a line")).collect();
    let (last, body) = (&parsed[3], parsed[3]["body"].as_str().expect("a text").replace("allowed", "denied"));
    let previous = crate::audit::chain::unhash(last["previous"].as_str().expect("a hash")).expect("a hash");
    let mut forged = last.clone();
    forged["hash"] = crate::audit::chain::hex(&crate::audit::chain::hash(&previous, 4, &body)).into();
    forged["body"] = body.into();
    let recomputed = text.replace(text.lines().nth(3).expect("a line"), &forged.to_string());
    for (text, fault) in tampered(&text, &other).into_iter().chain([(recomputed, Fault::Altered)]) {
        assert_eq!(read(&text), Err(fault), "{text}");
    }
}

#[tokio::test]
async fn a09_a_statement_tells_one_organisation_of_its_own_and_verifies_without_the_log() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = filled(dir.path(), 0).await;
    let organisation = |id: &str| postern_api::OrganisationId::new(id).expect("an id");
    let base = || Row { tool: "get_ticket", policies: Some(Arc::from(["policy-canary".to_owned()])), ..row("r") };
    for row in [
        Row { request_id: "own".into(), system: Some("system-canary".into()), ..base() },
        Row { request_id: "others".into(), organisation: Some(organisation("globex")), ..base() },
        Row { request_id: "several".into(), organisation: None, organisations: 7, ..base() },
        Row { request_id: "nobodys".into(), organisation: None, organisations: 0, ..base() },
        Row { request_id: "no-tool".into(), tool: "", ..base() },
        Row {
            request_id: "refused".into(),
            decision: crate::call::audit::Decision::Denied,
            code: "code-canary",
            ..base()
        },
    ] {
        journal.append(row).await.expect("appends");
    }
    let period = Period {
        tenant: TenantId::new("msp").expect("an id"),
        organisation: organisation("acme"),
        since: None,
        until: None,
    };
    let written = |period: &Period| {
        let mut out = Vec::new();
        let count = journal.statement(period, &mut out).expect("writes");
        (count, String::from_utf8(out).expect("text"))
    };
    let (count, text) = written(&period);
    let lines: Vec<serde_json::Value> = text.lines().map(|it| serde_json::from_str(it).expect("a line")).collect();
    let told: Vec<_> = lines.iter().filter_map(|it| it["request_id"].as_str()).collect();
    assert_eq!((count, told), (3, vec!["own", "several", "refused"]));
    assert_eq!((&lines[1]["among_others"], &lines[2]["among_others"]), (&serde_json::Value::Null, &true.into()));
    for hidden in ["canary", "seq", "globex", "\"organisations\"", "nobodys"] {
        assert!(!text.replace("jane-canary", "").contains(hidden), "{hidden}: {text}");
    }
    let newest: Vec<_> =
        journal.newest_entries(&period, 2).expect("reads").into_iter().map(|it| it.request_id).collect();
    assert_eq!(newest, ["refused", "several"]);
    let past = Period { until: Some(Timestamp::UNIX_EPOCH), ..period.clone() };
    assert_eq!(written(&past).0, 0);
    let elsewhere = Period { tenant: TenantId::new("other").expect("an id"), ..period.clone() };
    assert_eq!(written(&elsewhere).0, 0);

    let public = public_key(&dir.path().join("audit-public.key")).expect("a key");
    let report = verify_export(&mut text.as_bytes(), &public).expect("reads").expect("is whole");
    let heading = report.statement.expect("a heading");
    assert_eq!((&*heading.organisation, &*heading.statement_of, report.rows), ("acme", "msp", 3));
    for nth in 0..3 {
        let line = text.lines().nth(nth).expect("a line");
        for (from, to) in [("acme", "evil"), ("get_ticket", "get_tickey"), ("own", "won")] {
            let changed = text.replace(line, &line.replace(from, to));
            if changed != text {
                assert_eq!(verify_export(&mut changed.as_bytes(), &public).expect("reads"), Err(Fault::Altered));
            }
        }
    }
}
