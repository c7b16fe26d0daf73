//! Lists: asked for narrowly, checked row by row.

use crate::setup::*;
use postern_api::*;
use postern_simulators::connectwise::conditions::parse;

#[tokio::test]
async fn a_list_holds_what_the_rows_say_and_no_other_companys() {
    let desk = desk().await;
    let page = desk.list(&TicketQuery::default()).await;
    assert_eq!((page.total, page.truncated), (5, false));
    let rows = opened(page.rows);
    let ids: Vec<&str> = rows.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["4325", "4323", "4322", "4321", "4324"]);
    clean(&rows);
    let printer = &rows[3];
    assert_eq!((printer.status, printer.priority), (TicketStatus::Open, Priority::High));
    assert_eq!((printer.public_comments, printer.internal_comments), (3, 6));
    assert_eq!(printer.category, "Hardware");
    assert_eq!(printer.requester.email.as_deref(), Some("ann.lead@acme.example"));
    assert_eq!(printer.sla.response_due.map(|it| it.to_string()).as_deref(), Some("2026-09-01T12:55:00Z"));
    assert!(printer.public_updated_at < printer.updated_at);
}

#[tokio::test]
async fn b03_conditions_that_are_ignored_cost_time_and_show_nothing() {
    let desk = desk().await;
    desk.state().quirks(|it| it.ignore_conditions = true);
    let page = desk.list(&TicketQuery { priority: Some(Priority::High), ..viewer(ANN, true) }).await;
    assert_eq!(page.total, 1);
    assert!(page.rows.len() == 2, "one more without contents, for the alarm");
    let mut strays = 0;
    for row in page.rows {
        match open(row) {
            Ok(ticket) => assert_eq!(ticket.id, tid("4321")),
            Err(owner) => {
                assert_eq!(owner, Owner::Organisation(ext(GLOBEX)));
                strays += 1;
            }
        }
    }
    assert_eq!(strays, 1);
}

#[tokio::test]
async fn b03_another_companys_row_goes_on_without_its_contents() {
    let desk = desk().await;
    desk.state().quirks(|it| it.leak_other_companies = true);
    let page = desk.list(&TicketQuery::default()).await;
    assert_eq!(page.total, 5, "it is not counted");
    let shown = format!("{page:?}");
    assert!(!shown.contains("CANARY"), "{shown}");
    assert_eq!(
        page.rows.into_iter().filter_map(|it| open(it).err()).collect::<Vec<_>>(),
        [Owner::Organisation(ext(GLOBEX))]
    );
}

#[tokio::test]
async fn each_filter_is_said_in_the_vendors_language() {
    let desk = desk().await;
    let since = Some("2026-09-02T08:00:00Z".parse().expect("a time"));
    let (open, ended) = (vec![TicketStatus::Open], vec![TicketStatus::Closed]);
    let cases = [
        (
            TicketQuery { statuses: open, ..TicketQuery::default() },
            "status/id in (11,12) and closedFlag=False",
            vec!["4323", "4321"],
        ),
        (
            TicketQuery { statuses: ended, ..TicketQuery::default() },
            "(closedFlag=True or status/id in (10,15))",
            vec!["4324"],
        ),
        (TicketQuery { priority: Some(Priority::Low), ..TicketQuery::default() }, "priority/id in (4)", vec!["4324"]),
        (
            TicketQuery { requester: Some(cid(BOB)), ..TicketQuery::default() },
            "contact/id in (78)",
            vec!["4323", "4322"],
        ),
        (viewer(BOB, false), "contact/id in (78)", vec!["4323", "4322"]),
        (
            TicketQuery { created_since: since, ..TicketQuery::default() },
            "dateEntered >= [2026-09-02T07:59:00Z]",
            vec!["4325", "4323", "4322"],
        ),
    ];
    for (query, clause, ids) in cases {
        desk.state().log.clear();
        assert_eq!(desk.ids(&query).await, ids, "{clause}");
        let asked = desk.asked("GET", "service/tickets");
        let conditions = parameter(&asked[0], "conditions").expect("conditions");
        assert_eq!(conditions, format!("board/id in (1) and company/id in (12) and {clause}"));
    }
}

#[tokio::test]
async fn a_viewer_sees_their_own_and_what_is_plainly_not_private() {
    let desk = desk().await;
    assert_eq!(desk.ids(&viewer(BOB, false)).await, ["4323", "4322"]);
    assert_eq!(desk.ids(&viewer(ANN, true)).await, ["4325", "4322", "4321", "4324"], "4323 is Bob's alone");
    assert_eq!(desk.ids(&viewer(BOB, true)).await, ["4323", "4322", "4321", "4324"], "4325 cannot be read as shared");
    let unmarked = desk_with(|it| it.private_field = None).await;
    assert_eq!(unmarked.ids(&viewer(BOB, true)).await, ["4323", "4322"], "nothing is shared without a mark");
}

#[tokio::test]
async fn words_are_found_in_titles_and_in_what_was_written() {
    let desk = desk().await;
    let find = async |text: &str, query: TicketQuery| desk.ids(&TicketQuery { text: Some(text.into()), ..query }).await;
    assert_eq!(find("PRINTER", TicketQuery::default()).await, ["4321", "4324"]);
    assert_eq!(find("floor printer", viewer(ANN, true)).await, ["4321"], "title and description together");
    assert_eq!(find("giraffe", viewer(ANN, true)).await, ["4321"], "a public comment");
    assert_eq!(find("rollers", viewer(ANN, true)).await, ["4321"], "a time entry that customers see");
    assert_eq!(find("toner", viewer(ANN, true)).await, ["4324"], "a resolution");
    assert_eq!(find("zebra", TicketQuery::default()).await, ["4321"], "an internal note");
    for hidden in ["zebra", "NOFLAG", "BOTH", "UNMARKED", "INTERNAL-TIME"] {
        for wide in [false, true] {
            let page = desk.list(&TicketQuery { text: Some(hidden.into()), ..viewer(ANN, wide) }).await;
            assert_eq!((page.rows.len(), page.total), (0, 0), "{hidden}");
        }
    }
}

#[tokio::test]
async fn b16_search_words_stay_inside_their_literal() {
    let desk = desk().await;
    let texts = [
        "\" or companyId=2",
        "\" or company/id=13 or summary=\"",
        "x\\\" or company/id>0 or summary=\"",
        "' or 1=1",
        "x\") or (company/id=13",
        "[[] or *",
        "printer*",
        "&conditions=company/id=13#%22",
        "\r\nx-y: z",
        "ʺ or ʼ",
    ];
    for text in texts {
        for query in [viewer(ANN, true), TicketQuery::default()] {
            desk.state().log.clear();
            let page = desk.list(&TicketQuery { text: Some(text.into()), ..query }).await;
            assert!(!format!("{page:?}").contains("GLOBEX"));
            let asked = desk.asked("GET", "service/tickets");
            assert!(!asked.is_empty());
            for request in asked {
                assert_eq!(request.query.matches("conditions=").count(), 1, "{text}");
                let conditions = parameter(&request, "conditions").expect("conditions");
                let filter = parse(&conditions).unwrap_or_else(|| panic!("refused: {conditions}"));
                let fields: Vec<&str> = filter.clauses().iter().map(|(field, _)| *field).collect();
                assert!(
                    fields == ["board/id", "company/id"] || fields == ["board/id", "company/id", "summary"],
                    "{text}: {conditions}"
                );
                assert!(conditions.starts_with("board/id in (1) and company/id in (12)"), "{conditions}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_in_reach_asks_nothing() {
    let desk = desk().await;
    let none = cx(Reach::Organisations(vec![]));
    assert_eq!(desk.desk().tickets(&none, &TicketQuery::default()).await.expect("a page").total, 0);
    for foreign in [GLOBEX, "acme", "012", "-12"] {
        let query = TicketQuery { organisation: Some(ext(foreign.trim_start_matches('-'))), ..TicketQuery::default() };
        let reach = cx(Reach::Organisations(vec![ext("99")]));
        assert_eq!(desk.desk().tickets(&reach, &query).await.expect("a page").total, 0);
    }
    assert_eq!(desk.state().log.all().len(), 0);
}

#[tokio::test]
async fn many_companies_are_asked_for_some_at_a_time() {
    let desk = desk().await;
    let reach = Reach::Organisations((1..=150).map(|it| ext(&it.to_string())).collect());
    let page = desk.desk().tickets(&cx(reach), &TicketQuery::default()).await.expect("a page");
    assert_eq!(page.total, 6, "Acme's and Globex's");
    let asked = desk.asked("GET", "service/tickets");
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|it| it.query.len() < 2000), "the vendor wants short addresses");
    let whole = desk.desk().tickets(&cx(Reach::Tenant), &TicketQuery::default()).await.expect("a page");
    assert_eq!(whole.total, 6, "the row of no company is nobody's");
}

#[tokio::test]
async fn counts_are_read_once_while_a_ticket_says_the_same_and_anew_after_a_write() {
    let desk = desk().await;
    let notes = || desk.asked("GET", "service/tickets/4322/notes").len();
    desk.list(&TicketQuery::default()).await;
    desk.list(&TicketQuery::default()).await;
    assert_eq!((notes(), desk.asked("GET", "time/entries").len()), (1, 1));
    desk.desk().comment(&acme(), &tid("4322"), &note(false)).await.expect("stored");
    let before = notes();
    let rows = opened(desk.list(&viewer(BOB, false)).await.rows);
    assert_eq!(rows.iter().map(|it| it.public_comments).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(notes(), before + 1);
}

#[tokio::test]
async fn time_entries_are_left_alone_where_the_configuration_says_so() {
    let desk = desk_with(|it| it.time_entries = false).await;
    let rows = opened(desk.list(&TicketQuery::default()).await.rows);
    assert_eq!((rows[3].public_comments, rows[3].internal_comments), (2, 3));
    assert_eq!(desk.asked("GET", "time/entries").len(), 0);
}
