//! The adapter against a real Request Tracker, as `tests/wide/request-tracker/start.sh` starts it.
//!
//! `POSTERN_RT_URL=http://127.0.0.1:PORT cargo test -p postern-request-tracker --test real`. Without the variable it says
//! that it was skipped. The database must be fresh from `start.sh`; the tests add tickets and change none of the seeded ones.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "real/behaviour.rs"]
mod behaviour;
#[path = "real/desk.rs"]
mod desk;
#[path = "real/isolation.rs"]
mod isolation;
#[path = "real/people.rs"]
mod people;
#[path = "real/rig.rs"]
mod rig;
#[path = "canned/trouble.rs"]
mod trouble;
#[path = "real/writes.rs"]
mod writes;

use futures::FutureExt;
use rig::Rig;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a test asks where the program runs; there is no configuration file")]
    let Ok(url) = std::env::var("POSTERN_RT_URL") else {
        println!("SKIPPED: request tracker not started (set POSTERN_RT_URL)");
        return ExitCode::SUCCESS;
    };
    let rig = Rig::new(&url).await;
    let mut failed = 0;
    macro_rules! run {
        ($($module:ident :: $test:ident),* $(,)?) => {
            $(
                let outcome = AssertUnwindSafe($module::$test(&rig)).catch_unwind().await;
                println!("{} {}::{}", if outcome.is_ok() { "ok    " } else { "FAILED" }, stringify!($module), stringify!($test));
                failed += u32::from(outcome.is_err());
            )*
        };
    }
    run!(
        desk::a_probe_tells_what_is_wrong,
        desk::a_list_names_owners_and_counts,
        desk::filters_and_orders_hold,
        desk::pages_reach_every_ticket_once,
        desk::a_ticket_comes_whole,
        desk::html_and_files_are_read,
        isolation::b01_a_foreign_ticket_is_a_missing_one,
        isolation::b03_the_owner_comes_from_the_row,
        isolation::b16_hostile_text_finds_nothing_of_others,
        isolation::a_viewer_sees_what_is_theirs,
        isolation::a_viewers_search_does_not_find_notes,
        isolation::an_internal_note_moves_nothing_for_a_viewer,
        isolation::a_foreign_ticket_takes_no_write_that_request_tracker_would_take,
        people::a_requester_is_found_in_any_case_and_at_home_alone,
        people::contacts_name_their_organisation,
        people::an_organisation_is_its_queue,
        writes::a_created_ticket_reads_back,
        writes::the_same_reference_creates_one_ticket,
        writes::a_ticket_is_not_created_for_somebody_elses_person,
        writes::comments_are_read_back_with_author_and_visibility,
        writes::a_closed_ticket_is_closed_once_even_by_two,
        writes::an_escalation_is_kept_and_the_queue_stays,
        writes::a_refusal_in_200_is_a_refusal,
        behaviour::the_adapter_passes_the_kit,
        behaviour::the_adapter_passes_the_kit_in_trouble,
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
