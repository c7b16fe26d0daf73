//! The figures that Postern aims for, and whether they were met. A missed one is printed, never an error: how fast a machine
//! is says nothing about whether the program is right. Wrong answers do.

use crate::governed;
use crate::row::{CONNECTIONS, Row};
use crate::sign_in::Seen;
use crate::table::say;

/// The gateway on the embedded backend.
pub(crate) const EMBEDDED: &str = "postern, embedded";
/// The gateway with one vendor behind it, asked for a ticket, which takes several requests.
pub(crate) const VENDOR: &str = "postern, HaloPSA";
/// The same, asked for a list of tickets, which takes one.
pub(crate) const ONE_HOP: &str = "HaloPSA, one request";
/// The gateway with many tenants.
pub(crate) const TENANTS: &str = "postern, many tenants";
/// The gateway with a long audit log.
pub(crate) const AUDIT_ROWS: &str = "postern, long audit";
/// The gateway's list of tools for a customer.
pub(crate) const LIST: &str = "tools/list, customer";
/// The same for an employee.
pub(crate) const EMPLOYEES_LIST: &str = "tools/list, employee";
/// The gateway whose people sign in, asked with a realm's token.
pub(crate) const REALM_TOKEN: &str = "realm's token";
/// The same with a token of its own.
pub(crate) const OWN_TOKEN: &str = "gateway's token";
/// The same with many grants in its store.
pub(crate) const REALM_TOKEN_MANY: &str = "realm's token, many";
/// The same with a token of its own.
pub(crate) const OWN_TOKEN_MANY: &str = "gateway's token, many";
/// Reads beside a store with no action request.
pub(crate) const READS: &str = "reads, no requests";
/// Reads beside a store with very many that are open.
pub(crate) const READS_AMONG: &str = "reads, many requests";
/// Governed writes: preview, approval on the page, execution.
pub(crate) const GOVERNED: &str = "governed writes";
/// The bare rmcp server.
pub(crate) const RMCP: &str = "bare rmcp";
/// The bare axum server.
pub(crate) const AXUM: &str = "bare axum";

/// Prints every check; whether every answer was good.
pub(crate) fn print(rows: &[Row], (tenants, audit_rows, requests): (u32, u32, u32), seen: Option<&Seen>) -> bool {
    let figure = |name: &str, connections: usize, of: fn(&crate::load::Sample) -> f64| {
        rows.iter().find(|it| it.name == name)?.median(connections, of)
    };
    say("\nRatios, calls/s");
    for (name, to) in [(RMCP, AXUM), (EMBEDDED, AXUM), (EMBEDDED, RMCP), (VENDOR, RMCP), (ONE_HOP, RMCP)] {
        let ratios = CONNECTIONS.map(|it| match (figure(name, it, |s| s.rate), figure(to, it, |s| s.rate)) {
            (Some(ours), Some(theirs)) => format!("{it} conn: {:.2}", ours / theirs),
            _ => format!("{it} conn: -"),
        });
        say(&format!("  {:<48} {}", format!("{name} / {to}"), ratios.join("   ")));
    }

    say("\nAims");
    for connections in CONNECTIONS {
        let (ours, theirs) = (figure(EMBEDDED, connections, |s| s.rate), figure(RMCP, connections, |s| s.rate));
        let ratio = ours.zip(theirs).map(|(ours, theirs)| ours / theirs);
        let aim = format!("embedded / bare rmcp in calls/s at {connections}: at least 0.60");
        check(&aim, ratio.map(|it| (it >= 0.60, format!("{it:.2}"))));
    }
    let cpu = figure(ONE_HOP, 64, |s| s.cpu);
    check(
        "CPU a call over one vendor hop at 64 connections: at most 120 us",
        cpu.map(|it| (it <= 120.0, format!("{it:.0} us"))),
    );
    for (name, hops) in [(ONE_HOP, "one vendor hop"), (VENDOR, "all hops of a ticket")] {
        let p99 = figure(name, 16, |s| s.p99);
        check(
            &format!("p99 over {hops} at 16 connections: under 5 ms"),
            p99.map(|it| (it < 5.0, format!("{it:.2} ms"))),
        );
    }
    for name in [LIST, EMPLOYEES_LIST] {
        let list = figure(name, 1, |s| s.p50).zip(figure(name, 1, |s| s.p99));
        let list = list.map(|(p50, p99)| (p50 < 1.0, format!("p50 {p50:.2} ms, p99 {p99:.2} ms")));
        check(&format!("{name}, warm, at 1 connection: under 1 ms"), list);
    }
    for (name, of) in [
        (TENANTS, format!("{tenants} tenants and with 1")),
        (AUDIT_ROWS, format!("{audit_rows} audit rows and with few")),
    ] {
        let flat = figure(name, 16, |s| s.cpu).zip(figure(EMBEDDED, 16, |s| s.cpu));
        let flat = flat.map(|(many, one)| (many <= one * 1.10, format!("{many:.0} against {one:.0} us")));
        check(&format!("CPU a call with {of}, at 16: within 10 %"), flat);
    }
    signing_in(rows, seen);
    let writes = figure(GOVERNED, governed::AT_ONCE, |s| s.rate);
    check(
        "governed writes, each previewed, approved and carried out: 200 a second",
        writes.map(|it| (it >= 200.0, format!("{it:.0} a second"))),
    );
    let among = figure(READS_AMONG, 16, |s| s.cpu).zip(figure(READS, 16, |s| s.cpu));
    let among = among.map(|(many, none)| (many / none, many, none));
    check(
        &format!("CPU a read with {requests} open action requests and with none: no more"),
        among.map(|(ratio, many, none)| (ratio <= 1.10, format!("{ratio:.2} ({many:.0} to {none:.0} us)"))),
    );
    let embedded = rows.iter().find(|it| it.name == EMBEDDED);
    let start = embedded.and_then(|it| it.start).map(|it| it.as_secs_f64() * 1e3);
    check(
        "start to the first governed answer, existing store: under 50 ms",
        start.map(|it| (it < 50.0, format!("{it:.0} ms"))),
    );
    let idle = embedded.map(|it| it.idle.now);
    check("resident memory when idle: under 30 MB", idle.map(|it| (it < 30.0, format!("{it:.1} MB"))));
    let errors: u64 = rows.iter().map(Row::errors).sum();
    let answers = (errors == 0, format!("{errors} errors"));
    check("every answer is status 200 and says `success`", (!rows.is_empty()).then_some(answers));
    for row in rows {
        if let Some(first) = row.all().find_map(|it| it.first_error.as_ref()) {
            say(&format!("    {}: {} errors; the first: {first}", row.name, row.errors()));
        }
    }
    errors == 0
}

/// What has to do with signing in.
fn signing_in(rows: &[Row], seen: Option<&Seen>) {
    let cpu = |name: &str| rows.iter().find(|it| it.name == name)?.median(16, |it| it.cpu);
    let grants = seen.map_or(0, |it| it.grants);
    // A tenth is what rounds differ by.
    for (name, to, aim) in [
        (OWN_TOKEN, REALM_TOKEN, "CPU a call with a gateway's token and with a realm's: no more".to_owned()),
        (OWN_TOKEN_MANY, OWN_TOKEN, format!("CPU a call with {grants} grants and with none: no more")),
        (REALM_TOKEN_MANY, REALM_TOKEN, format!("the same with a realm's token and {grants} grants: no more")),
    ] {
        let both = cpu(name).zip(cpu(to)).map(|(ours, theirs)| (ours / theirs, ours, theirs));
        check(
            &aim,
            both.map(|(ratio, ours, theirs)| (ratio <= 1.10, format!("{ratio:.2} ({ours:.0} to {theirs:.0} us)"))),
        );
    }
    let Some(seen) = seen else {
        check("1,000 sign-ins a minute", None);
        return;
    };
    let figure = format!("{:.0} a minute, {:.1} ms CPU each", seen.per_minute, seen.cpu_ms);
    check("1,000 sign-ins a minute, with consent and token", Some((seen.per_minute >= 1_000.0, figure)));
    for (what, few, many) in &seen.pages {
        let good = *many <= few * 1.5 || *many < 20.0;
        check(
            &format!("the page of {what} with {grants} grants: no slower"),
            Some((good, format!("{many:.1} to {few:.1} ms"))),
        );
    }
}

fn check(aim: &str, seen: Option<(bool, String)>) {
    let (verdict, figure) = match seen {
        Some((true, figure)) => ("OK", figure),
        Some((false, figure)) => ("MISSED", figure),
        None => ("NOT MEASURED", String::new()),
    };
    say(&format!("  {verdict:<13} {aim:<72} {figure}"));
}
