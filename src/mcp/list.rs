//! Lists of tools: how one is shown, and its pages.

use super::seal::{Seals, digest_names};
use super::{Listing, Names};
use crate::caller::Caller;
use rmcp::model::{Tool, ToolAnnotations};
use std::sync::Arc;

/// One page of a list and the cursor to the next.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) tools: Vec<Tool>,
    pub(super) next: Option<String>,
}

/// The page of `all` that `cursor` points at, the first without one. `None` for a cursor that is not this caller's for this list.
pub(super) fn page(
    all: &[Arc<Listing>],
    caller: &Caller,
    cursor: Option<&str>,
    seals: &Seals,
    size: usize,
    names: Names,
) -> Option<Page> {
    let size = size.max(1);
    let pages = cursor.is_some() || all.len() > size;
    let digest = if pages { digest_names(all.iter().map(|listing| listing.name)) } else { Vec::new() };
    let start = match cursor {
        Some(cursor) => usize::try_from(seals.open_cursor(caller, &digest, cursor)?).ok()?,
        None => 0,
    };
    let tools: Vec<Tool> = all.iter().skip(start).take(size).map(|listing| tool(listing, names)).collect();
    let end = start + tools.len();
    let next = match u32::try_from(end) {
        Ok(offset) if end < all.len() => Some(seals.cursor(caller, &digest, offset)),
        Ok(_) | Err(_) => None,
    };
    Some(Page { tools, next })
}

fn tool(listing: &Listing, names: Names) -> Tool {
    let annotations = ToolAnnotations::from_raw(
        Some(listing.title.to_owned()),
        Some(listing.read_only),
        Some(listing.destructive),
        Some(listing.idempotent),
        // Every tool works on systems that the tenant has configured, never on the world at large.
        Some(false),
    );
    let input = listing.input_schema.clone();
    let tool = match names {
        Names::Underscored if listing.name.contains('.') => {
            Tool::new(listing.name.replace('.', "_"), listing.description.clone(), input)
        }
        Names::Own | Names::Underscored => Tool::new(listing.name, listing.description.clone(), input),
    };
    tool.with_title(listing.title).with_raw_output_schema(listing.output_schema.clone()).with_annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::request::tests::caller;

    fn listings(names: &[&'static str]) -> Vec<Arc<Listing>> {
        let one = |name: &&'static str| {
            Arc::new(Listing {
                action: (*name).into(),
                name,
                title: "Title",
                description: "What it does.".into(),
                input_schema: Arc::default(),
                output_schema: Arc::default(),
                toolset: "tickets".into(),
                read_only: true,
                destructive: false,
                idempotent: true,
            })
        };
        names.iter().map(one).collect()
    }

    fn names(page: &Page) -> Vec<&str> {
        page.tools.iter().map(|tool| tool.name.as_ref()).collect()
    }

    #[test]
    fn pages_follow_each_other_and_end() {
        let (seals, anna) = (Seals::new(&[1; 32]).unwrap(), caller("anna"));
        let all = listings(&["a", "b", "c", "d", "e"]);
        let first = page(&all, &anna, None, &seals, 2, Names::Own).unwrap();
        let second = page(&all, &anna, first.next.as_deref(), &seals, 2, Names::Own).unwrap();
        let third = page(&all, &anna, second.next.as_deref(), &seals, 2, Names::Own).unwrap();
        assert_eq!([names(&first), names(&second), names(&third)].concat(), ["a", "b", "c", "d", "e"]);
        assert_eq!(third.next, None);
    }

    #[test]
    fn a_cursor_for_a_list_that_has_changed_is_refused() {
        let (seals, anna) = (Seals::new(&[1; 32]).unwrap(), caller("anna"));
        let first = page(&listings(&["a", "b", "c"]), &anna, None, &seals, 2, Names::Own).unwrap();
        assert!(page(&listings(&["a", "b", "d"]), &anna, first.next.as_deref(), &seals, 2, Names::Own).is_none());
        assert!(page(&listings(&["a", "b", "c"]), &anna, Some("rs1.x"), &seals, 2, Names::Own).is_none());
    }

    #[test]
    fn names_are_underscored_where_the_setting_says_so() {
        let (seals, anna) = (Seals::new(&[1; 32]).unwrap(), caller("anna"));
        let all = listings(&["backup.list_jobs", "list_tickets"]);
        assert_eq!(
            names(&page(&all, &anna, None, &seals, 9, Names::Own).unwrap()),
            ["backup.list_jobs", "list_tickets"]
        );
        let listed = page(&all, &anna, None, &seals, 9, Names::Underscored).unwrap();
        assert_eq!(names(&listed), ["backup_list_jobs", "list_tickets"]);
    }
}
