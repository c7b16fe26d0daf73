//! What the gateway does most, on a file: one ticket with ten comments, a first page, a search.

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use postern_api::*;
use postern_embedded::{Embedded, demo};
use std::error::Error;
use std::time::Duration;

type Outcome<T> = std::result::Result<T, Box<dyn Error>>;

fn hot(criterion: &mut Criterion) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let embedded = Embedded::open(&folder.path().join("bench.db"))?;
    let tenant = TenantId::new("msp")?;
    demo::seed(&embedded, &tenant, Timestamp::now())?;
    let adapter = embedded.for_tenant(&tenant);
    let desk = adapter.service_desk().ok_or("no service desk")?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;

    let acme = ExternalId::new("acme")?;
    let cx = CallCx::new(Reach::Organisations(vec![acme.clone()]), Duration::from_secs(3_600));
    let contact = ContactId::new("CT-000002")?;
    let new = NewTicket {
        organisation: acme,
        requester: contact.clone(),
        subject: "A ticket with ten comments".into(),
        description: "What the requester wrote, a few sentences long. ".repeat(8),
        category: None,
        priority: Priority::Medium,
        visibility: Visibility::Organisation,
        attachments: vec![],
        response_due: None,
        resolution_due: None,
        limit: None,
    };
    let created = runtime.block_on(desk.create(&cx, &new))?;
    let map = embedded.organisation_map(&tenant)?;
    let ticket = Scope::whole_tenant(tenant).admit(&map, created).map_err(|_| "nobody's ticket")?.record.id;
    let agent = Agent { id: "agent".into(), name: "Marcus Hale".into(), email: None };
    for number in 0..10 {
        let author = Author::Agent(agent.clone());
        let comment = NewComment { author, body: "An answer of usual length. ".repeat(6), internal: number % 3 == 0 };
        runtime.block_on(desk.comment(&cx, &ticket, &comment))?;
    }

    let viewer = Some(Viewer { contact, organisation_wide: true });
    let page = TicketQuery { viewer: viewer.clone(), ..TicketQuery::default() };
    let search = TicketQuery { viewer, text: Some("printer comments".into()), ..TicketQuery::default() };
    criterion.bench_function("ticket with ten comments", |it| {
        it.iter(|| runtime.block_on(desk.ticket(&cx, &ticket)).is_ok());
    });
    criterion.bench_function("first page of a lead", |it| {
        it.iter(|| runtime.block_on(desk.tickets(&cx, &page)).is_ok());
    });
    criterion.bench_function("search of a lead", |it| {
        it.iter(|| runtime.block_on(desk.tickets(&cx, &search)).is_ok());
    });
    Ok(())
}

fn all(criterion: &mut Criterion) {
    if let Err(error) = hot(criterion) {
        eprintln!("the benchmark could not run: {error}");
        std::process::exit(1);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
