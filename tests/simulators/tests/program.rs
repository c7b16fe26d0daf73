//! A simulator as a program: it says how to connect, refuses what the vendor refuses, and says at the end what it was asked.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

/// Where a path is that is not there, and what says so.
const SYSTEMS: [(&str, &str, u16); 4] = [
    ("autotask", "/atservicesrest/v1.0/Tickets", 401),
    ("connectwise", "/v4_6_release/apis/3.0/service/tickets", 404),
    ("halopsa", "/api/Tickets", 401),
    ("syncro", "/api/v1/tickets", 401),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_desk_runs_as_a_program_refuses_strangers_and_counts_what_it_was_asked() {
    for (system, path, status) in SYSTEMS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_simulate"));
        let mut child = command.args([system, "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let place = first.split("http://").nth(1).unwrap();
        let origin = format!("http://{}", place.split(['/', '\n']).next().unwrap());
        for _ in 0..3 {
            let answer = reqwest::get(format!("{origin}{path}")).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{system}");
        }
        // Only the one that was started here.
        let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(stopped.success(), "{system}");
        let mut told = String::new();
        out.read_to_string(&mut told).unwrap();
        assert!(child.wait().unwrap().success(), "{system}");
        assert!(told.contains("3 requests\n") && told.contains(&format!("     3 GET {path}\n")), "{system}: {told}");
    }
}

#[test]
fn a_system_that_there_is_not_is_refused_with_the_list_of_those_there_are() {
    let ran = Command::new(env!("CARGO_BIN_EXE_simulate")).arg("nothing").output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8(ran.stderr).unwrap().contains("autotask|caldav|connectwise"));
}
