//! Signing in and what comes of it: tokens of the gateway beside those of a realm, with none and with very many grants in the store;
//! how fast people can sign in; and how long the web pages take.

pub(crate) mod person;
pub(crate) mod seed;

use crate::child::Server;
use crate::client::Request;
use crate::gateway::{Behind, Gateway, ticket_near};
use crate::issuer::Issuer;
use crate::load::median;
use crate::row::Row;
use crate::run::{Field, WANTED};
use crate::table::complain;
use crate::{Failure, checks};
use person::Person;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Sign-ins at the same time.
const AT_ONCE: usize = 16;
/// How often a page is asked for.
const PAGES: usize = 40;
/// What a lead and an administrator look at.
const LOOKED_AT: [(&str, &str); 3] = [
    ("connected clients", "/console/clients"),
    ("activity", "/console/activity"),
    ("all clients", "/console/admin/clients"),
];

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Grants in the store of the gateway that has many.
    pub(crate) grants: u32,
    /// People who sign in.
    pub(crate) sign_ins: u32,
}

/// What was seen beside the rows of the table.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Grants in the store.
    pub(crate) grants: u32,
    /// Sign-ins a minute, with a consent and a token each.
    pub(crate) per_minute: f64,
    /// CPU milliseconds of the gateway for one.
    pub(crate) cpu_ms: f64,
    /// How long each page takes in milliseconds, with few grants and with many.
    pub(crate) pages: Vec<(&'static str, f64, f64)>,
}

/// One gateway, and the pages' times in it.
struct Asked {
    server: Server,
    rows: [Row; 2],
    pages: Vec<f64>,
}

/// Prepares a gateway with so many grants, and asks it everything once.
async fn gateway(
    program: &Path,
    dir: &Path,
    issuer: &Issuer,
    grants: u32,
    names: [&'static str; 2],
) -> Result<Asked, Failure> {
    let gateway = Gateway::prepare(program, dir, issuer, Behind::Embedded, 1)?;
    gateway.signs_in()?;
    seed::accounts(dir)?;
    seed::grants(dir, grants, &gateway.customers(issuer))?;
    let mut server = gateway.start()?;
    let realm = gateway.customer_called(issuer, &seed::subject(0), seed::LEAD)?;
    server.answers(&Request::list(gateway.address, &realm), Some(200)).await?;
    let (with_realm, _) = ticket_near(gateway.address, &realm, WANTED).await?;
    let mut lead = Person::new(gateway.address, seed::LEAD)?;
    let own = lead.connects().await?;
    let (with_own, _) = ticket_near(gateway.address, &own, WANTED).await?;
    let mut administrator = Person::new(gateway.address, seed::ADMINISTRATOR)?;
    administrator.connects().await?;
    let mut pages = Vec::new();
    for (_, path) in LOOKED_AT {
        let person = if path.contains("admin") { &mut administrator } else { &mut lead };
        let mut times = Vec::new();
        for _ in 0..PAGES {
            let began = Instant::now();
            person.looks(path).await?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        pages.push(median(times.into_iter()));
    }
    let mut rows = [Row::new(names[0], &server, with_realm)?, Row::new(names[1], &server, with_own)?];
    rows.iter_mut().for_each(|it| it.connections = vec![16]);
    Ok(Asked { server, rows, pages })
}

/// Puts the rows of both gateways into the field, and measures what has no row.
pub(crate) async fn measure(
    field: &mut Field,
    program: &Path,
    scratch: &Path,
    issuer: &Issuer,
    plan: Plan,
) -> Result<Seen, Failure> {
    let few =
        gateway(program, &scratch.join("few-grants"), issuer, 0, [checks::REALM_TOKEN, checks::OWN_TOKEN]).await?;
    complain(&format!("writing {} grants", plan.grants));
    let names = [checks::REALM_TOKEN_MANY, checks::OWN_TOKEN_MANY];
    let many = gateway(program, &scratch.join("many-grants"), issuer, plan.grants, names).await?;
    let pages =
        LOOKED_AT.iter().zip(few.pages.iter().zip(&many.pages)).map(|((what, _), (few, many))| (*what, *few, *many));
    let mut seen = Seen { grants: plan.grants, pages: pages.collect(), ..Seen::default() };
    complain(&format!("{} people sign in", plan.sign_ins));
    let address = many.server.address;
    let left = Rc::new(std::cell::Cell::new(plan.sign_ins));
    let (began, cpu) = (Instant::now(), many.server.cpu()?);
    let mut signing_in = tokio::task::JoinSet::new();
    for nth in 0..AT_ONCE {
        let left = Rc::clone(&left);
        signing_in.spawn_local(async move {
            let mut turn = nth;
            while let Some(rest) = left.get().checked_sub(1) {
                left.set(rest);
                Person::new(address, &seed::email(turn))?.connects().await?;
                turn += AT_ONCE;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(done) = signing_in.join_next().await {
        done??;
    }
    let (took, cpu) = (began.elapsed(), many.server.cpu()?.saturating_sub(cpu));
    let count = f64::from(plan.sign_ins.max(1));
    seen.per_minute = count / took.max(Duration::from_millis(1)).as_secs_f64() * 60.0;
    seen.cpu_ms = cpu.as_secs_f64() * 1e3 / count;
    for asked in [few, many] {
        field.add_rows(asked.server, asked.rows);
    }
    Ok(seen)
}
