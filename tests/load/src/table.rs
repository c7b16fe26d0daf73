//! What is printed.

use crate::load::{Sample, median};
use crate::row::Row;
use std::io::Write;

/// Prints a line.
pub(crate) fn say(line: &str) {
    // Nobody listens any more: the figures are lost, the servers end all the same.
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// Prints a line for whoever watches.
pub(crate) fn complain(line: &str) {
    drop(writeln!(std::io::stderr(), "postern-load: {line}"));
}

/// Prints the tables.
pub(crate) fn print(rows: &[(&Row, f64)]) {
    say(&format!(
        "\n{:<22} {:>5} {:>9} {:>19} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7}",
        "server", "conn", "calls/s", "(lowest - highest)", "p50 ms", "p95 ms", "p99 ms", "CPU us", "others", "errors"
    ));
    for (row, _) in rows {
        for (connections, samples) in &row.samples {
            let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure));
            let lowest = samples.iter().map(|it| it.rate).fold(f64::INFINITY, f64::min);
            let highest = samples.iter().map(|it| it.rate).fold(0.0, f64::max);
            say(&format!(
                "{:<22} {:>5} {:>9.0} {:>19} {:>8.3} {:>8.3} {:>8.3} {:>8.0} {:>6.0}% {:>7}",
                row.name,
                connections,
                of(|it| it.rate),
                format!("({lowest:.0} - {highest:.0})"),
                of(|it| it.p50),
                of(|it| it.p95),
                of(|it| it.p99),
                of(|it| it.cpu),
                of(|it| it.others) * 100.0,
                samples.iter().map(|it| it.errors).sum::<u64>(),
            ));
        }
    }
    say(
        "CPU us: user and kernel time of the server's own process for one good answer. others: share of all cores that was",
    );
    say("spent by neither the server nor this program (a vendor's simulator, and whatever else runs on this machine).");

    say(&format!("\n{:<22} {:>10} {:>13} {:>13}", "server", "start ms", "idle RSS MB", "peak RSS MB"));
    for (row, peak) in rows.iter().filter(|(row, _)| row.start.is_some()) {
        let start = row.start.map_or(f64::NAN, |it| it.as_secs_f64() * 1e3);
        say(&format!("{:<22} {start:>10.1} {:>13.1} {peak:>13.1}", row.name, row.idle.now));
    }
    say("start: from the start of the process to its first good answer, on a store that exists; the median of five.");
}
