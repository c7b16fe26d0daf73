//! What of a vendor's rows is for customers, said a second time: from the vendor's own marks.

use serde_json::{Value, json};

/// What of a vendor's rows is for customers.
pub(super) fn is_public(desk: &str, table: &str, row: &Value) -> bool {
    let says = |pointer: &str, value: Value| row.pointer(pointer) == Some(&value);
    match (desk, table) {
        ("halopsa", "actions") => says("/hiddenfromuser", json!(false)),
        ("halopsa", "attachments") => says("/showforusers", json!(true)) && !says("/action_id", json!(2)),
        ("halopsa", "articles") => {
            says("/showforall", json!(true))
                && says("/inactive", json!(false))
                && says("/kbentryclientaccess", json!([]))
        }
        ("connectwise", "notes") => {
            (says("/detailDescriptionFlag", json!(true)) || says("/resolutionFlag", json!(true)))
                && says("/internalAnalysisFlag", json!(false))
                && says("/internalFlag", json!(false))
        }
        ("connectwise", "time_entries") => {
            says("/addToDetailDescriptionFlag", json!(true)) && says("/addToInternalAnalysisFlag", json!(false))
        }
        ("connectwise", "documents") => says("/publicFlag", json!(true)),
        ("connectwise", "articles") => says("/categoryId", json!(91)),
        ("autotask", "TicketNotes") => says("/publish", json!(1)) && !says("/noteType", json!(13)),
        ("autotask", "TicketAttachments") => says("/publish", json!(1)),
        ("autotask", "KnowledgeBaseArticles") => says("/publish", json!(1)) && says("/isActive", json!(true)),
        ("autotask", "ArticlePlainTextContent") => says("/id", json!(801)),
        ("autotask", "Tickets") => says("/status", json!(5)),
        ("halopsa", "invoices") => says("/posted", json!(true)) && says("/voided", json!(false)),
        ("halopsa", "quotes") => says("/status", json!(2)),
        ("halopsa", "projects") => says("/is_project", json!(true)) && says("/is_sensitive", json!(false)),
        ("connectwise", "invoices") => says("/status/name", json!("Sent")) || says("/status/name", json!("Closed")),
        ("connectwise", "opportunities") => says("/stage/name", json!("Quote Sent")),
        ("connectwise", "projects") => says("/doNotDisplayInPortalFlag", json!(false)),
        ("connectwise", "orders" | "phases") => true,
        ("autotask", "Invoices") => says("/isVoided", json!(false)),
        ("autotask", "Quotes") => row["extApprovalContactResponse"].is_number(),
        ("autotask", "Contracts") => says("/status", json!(1)),
        ("autotask", "Projects") => says("/projectType", json!(5)),
        ("autotask", "Tasks") => says("/isVisibleInClientPortal", json!(true)),
        ("autotask", "Phases") => true,
        ("syncro", "comments") => says("/hidden", json!(false)),
        ("syncro", "invoices") => row["is_paid"].is_boolean(),
        // What names no single invoice is the customer's all the same.
        ("halopsa", "payments") => row["invoice_id"].is_null(),
        ("syncro", "payments") => true,
        ("syncro", "estimates") => says("/status", json!("approved")),
        ("syncro", "pages") => says("/id", json!(901)),
        _ => false,
    }
}
