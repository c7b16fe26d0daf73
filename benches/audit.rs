//! What an audit row costs: alone, with 64 at once, and to verify.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has to stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postern::audit::verify::{public_key, verify};
use postern::audit::{Journal, Settings};
use postern::call::Trail;
use postern::call::audit::{Ledger, Phase, Row};
use postern::call::host::Facts;
use postern::caller::{Caller, Principal};
use postern_api::{OrganisationId, TenantId};
use postern_policies::Realm;
use std::sync::Arc;

fn row() -> Row {
    let caller = Caller {
        principal: Principal { issuer: "https://customers.example".into(), subject: "jane".into() },
        realm: Realm::Customer,
        tenant: TenantId::new("msp").expect("an id"),
        organisation: Some(OrganisationId::new("acme").expect("an id")),
        assigned: None,
        roles: Arc::default(),
        scopes: None,
        client: Some("claude".into()),
        service: false,
        name: None,
        email: None,
        expires_at: 0,
        rests: Default::default(),
    };
    let facts = Facts { request_id: "01a1fdaa-07f0-71c8-8280-b3f0b8bbb317".into(), ..Facts::default() };
    let arguments = serde_json::Map::from_iter([("ticket_id".to_owned(), "TK-2026-000035".into())]);
    Row::of(Phase::Single, &Arc::new(caller), &arguments, &facts, &Trail::default())
}

fn audit(c: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let journal = Arc::new(Journal::open(dir.path(), Settings::default()).expect("opens"));
    c.bench_function("audit/append alone", |b| {
        b.to_async(&runtime).iter(|| {
            let journal = journal.clone();
            async move { journal.append(row()).await.expect("appends") }
        });
    });
    let mut group = c.benchmark_group("audit");
    group.throughput(Throughput::Elements(64));
    group.bench_function("append 64 at once", |b| {
        b.to_async(&runtime).iter(|| {
            let tasks: Vec<_> = (0..64)
                .map(|_| {
                    let journal = journal.clone();
                    tokio::spawn(async move { journal.append(row()).await.expect("appends") })
                })
                .collect();
            async move {
                for task in tasks {
                    task.await.expect("ends");
                }
            }
        });
    });
    let whole = tempfile::tempdir().expect("a directory");
    let journal = Arc::new(Journal::open(whole.path(), Settings::default()).expect("opens"));
    runtime.block_on(async {
        for _ in 0..20_000 {
            journal.append(row()).await.expect("appends");
        }
    });
    journal.sign_head().expect("signs");
    let public = public_key(&whole.path().join("audit-public.key")).expect("a key");
    group.sample_size(10).throughput(Throughput::Elements(20_000));
    group.bench_function("verify 20,000 rows", |b| {
        b.iter(|| verify(whole.path(), &public, None).expect("reads").expect("is whole"));
    });
    group.finish();
}

criterion_group!(benches, audit);
criterion_main!(benches);
