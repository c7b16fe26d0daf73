//! ConnectWise PSA as it answers from memory: all tickets on one page, five notes and a time entry for each.

use postern_api::http::{Bytes, Http, Request, Response, StatusCode};
use postern_api::*;
use postern_kit::Ready;
use std::sync::Arc;

/// Answers from memory.
#[derive(Debug)]
struct Memory {
    tickets: Bytes,
    ticket: Bytes,
    worked: Bytes,
}

const PROSE: &str = "The printer on the third floor stopped again this morning and nobody could print the delivery notes. \
    We switched it off and on, checked the cable and reinstalled the driver, without luck.";

#[async_trait]
impl Http for Memory {
    async fn send(&self, _: &CallCx, request: Request) -> Result<Response> {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let body = match path.as_slice() {
            ["service", "tickets"] => self.tickets.clone(),
            ["service", "tickets", _] => self.ticket.clone(),
            ["service", "boards", ..] => {
                r#"[{"id":11,"name":"New"},{"id":15,"name":">Closed","closedStatus":true}]"#.into()
            }
            ["service", "priorities"] => r#"[{"id":2,"level":"High"}]"#.into(),
            ["service", "tickets", ticket, "notes"] => {
                let notes: Vec<String> = (1..=5).map(|nth| note(ticket, nth)).collect();
                format!("[{}]", notes.join(",")).into()
            }
            ["time", "entries"] => self.worked.clone(),
            [.., "documents"] => "[]".into(),
            _ => return Err(Error::internal("not asked for here")),
        };
        Ok(Response { status: StatusCode::OK, headers: Default::default(), body })
    }
}

fn note(ticket: &str, nth: u32) -> String {
    let internal = nth % 2 == 0;
    format!(
        r#"{{"id":{ticket}{nth},"ticketId":{ticket},"text":"{PROSE}","detailDescriptionFlag":{},"internalAnalysisFlag":{internal},
"resolutionFlag":false,"issueFlag":false,"internalFlag":{internal},"member":{{"id":14,"identifier":"aagent","name":"Ada Agent"}},
"contact":null,"dateCreated":"2026-09-01T09:0{nth}:00Z"}}"#,
        !internal
    )
}

fn entry(ticket: usize) -> String {
    format!(
        r#"{{"id":{ticket},"chargeToId":{ticket},"chargeToType":"ServiceTicket","company":{{"id":12}},"member":{{"id":14,
"name":"Ada Agent"}},"notes":"Looked at the cable","internalNotes":null,"addToDetailDescriptionFlag":true,
"addToInternalAnalysisFlag":false,"addToResolutionFlag":false,"timeStart":"2026-09-01T09:00:00Z","dateEntered":"2026-09-01T10:00:00Z"}}"#
    )
}

/// One row, as the vendor sends it for the fields that are asked for.
fn row(id: usize) -> String {
    format!(
        r#"{{"id":{id},"summary":"Printer {id} on the second floor is offline since this morning","recordType":"ServiceTicket",
"board":{{"id":1}},"status":{{"id":11}},"company":{{"id":12}},"contact":{{"id":78,"name":"Bob Basic"}},"contactName":"Bob Basic",
"contactEmailAddress":"bob.basic@acme.example","type":{{"name":"Hardware"}},"team":{{"id":25,"name":"First Line"}},"owner":null,
"priority":{{"id":2}},"externalXRef":null,"closedFlag":false,"respondByGoalUTC":"2026-09-01T12:55:00Z","resolutionGoalUTC":
"2026-09-02T08:55:00Z","customFields":[{{"id":5,"caption":"Private","type":"Checkbox","entryMethod":"EntryField",
"numberOfDecimals":0,"value":false}}],"_info":{{"lastUpdated":"2026-09-03T10:00:00Z","updatedBy":"aagent","dateEntered":
"2026-09-01T08:55:00Z","enteredBy":"aagent"}}}}"#
    )
}

/// A desk with this many tickets of one company's.
pub(crate) fn ready(tickets: usize) -> Ready {
    let list = |one: fn(usize) -> String, most: usize| {
        Bytes::from(format!("[{}]", (1..=most).map(one).collect::<Vec<_>>().join(",")))
    };
    let memory = Memory { tickets: list(row, tickets), ticket: row(1).into(), worked: list(entry, tickets.min(200)) };
    let bytes = memory.tickets.len();
    let base = "https://api-eu.myconnectwise.net/v4_6_release/apis/3.0";
    let mut config = postern_connectwise::Config::new(base, "msp", ("public", "private".to_owned()), "client", 1);
    (config.private_field, config.page_size) = (Some(5), 1_000);
    let adapter = postern_connectwise::connect(config, Arc::new(memory)).expect("a good configuration");
    Ready { adapter, bytes, organisation: "12", ticket: "1" }
}
