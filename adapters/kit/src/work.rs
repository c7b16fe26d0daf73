//! Projects, orders, equipment and bookings: lists, visibility, reach.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::{Fixture, Side};
use crate::trial::{Group, Trial, Verdict};
use Group::{Scope as InScope, Shape, Visibility};
use postern_api::*;
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    use Op::*;
    vec![
        Trial::new(
            Shape,
            "paging reaches every project once",
            "the last changed first, filtered",
            &[ProjectList],
            |f| Box::pin(projects(f)),
        ),
        Trial::new(
            Shape,
            "a project is found whole",
            "as it is listed, its timeline oldest first; missing: `NotFound`",
            &[ProjectList, ProjectGet],
            |f| Box::pin(whole_project(f)),
        ),
        Trial::new(
            Visibility,
            "a customer's list holds no hidden project or order",
            "`customer_visible`: rows and total; a draft is never for customers",
            &[ProjectList, OrderList],
            |f| Box::pin(visible(f)),
        ),
        Trial::new(
            InScope,
            "foreign projects do not open",
            "not listed, not opened",
            &[ProjectList, ProjectGet],
            |f| Box::pin(foreign_projects(f)),
        ),
        Trial::new(Shape, "paging reaches every order once", "newest first, filtered", &[OrderList], |f| {
            Box::pin(orders(f))
        }),
        Trial::new(
            InScope,
            "foreign orders are not listed",
            "no row and no total, whatever is asked",
            &[OrderList],
            |f| Box::pin(foreign_orders(f)),
        ),
        Trial::new(Shape, "paging reaches all equipment once", "by name, found by its words", &[AssetList], |f| {
            Box::pin(assets(f))
        }),
        Trial::new(
            InScope,
            "foreign equipment is not listed",
            "no row and no total, whatever is asked",
            &[AssetList],
            |f| Box::pin(foreign_assets(f)),
        ),
        Trial::new(
            Shape,
            "bookings come the next first",
            "and within the times that are asked for",
            &[BookingList],
            |f| Box::pin(bookings(f)),
        ),
        Trial::new(InScope, "foreign bookings are not listed", "no row, whatever is asked", &[BookingList], |f| {
            Box::pin(foreign_bookings(f))
        }),
    ]
}

fn of(side: &Side) -> Option<ExternalId> {
    Some(side.external.clone())
}

fn none(what: &'static str) -> impl FnOnce() -> String {
    move || format!("the adapter has no {what}")
}

/// What a page of a foreign or unnamed organisation may hold for a caller who reaches the own one alone.
fn own_only<T>(f: &Fixture, named: bool, answer: Result<Page<Owned<T>>>) -> Verdict {
    match answer {
        Ok(page) => {
            let own = f.open_all(&f.own, page.rows)?;
            ensure(!named || own.is_empty(), || "rows of the organisation out of reach".into())?;
            equal("total", &page.total, &(own.len() as u64))
        }
        Err(e) => equal("the answer", &e.kind(), &ErrorKind::NotFound),
    }
}

/// Where the pages of one row begin, with one that is empty.
fn offsets(rows: usize) -> impl Iterator<Item = u32> {
    (0..=rows).filter_map(|it| u32::try_from(it).ok())
}

/// The pages of one row each, put together, are the whole list.
fn one_by_one<T: Ord + std::fmt::Debug>(all: &[T], total: u64, pages: Vec<(Vec<T>, u64)>) -> Verdict {
    ensure(!all.is_empty(), || "no rows".into())?;
    equal("total", &total, &(all.len() as u64))?;
    ensure(pages.iter().all(|it| it.1 == total), || "the total of a page is another one".into())?;
    let seen: Vec<T> = pages.into_iter().flat_map(|it| it.0).collect();
    ensure(seen == all, || format!("the pages hold {seen:?}, the list {all:?}"))?;
    equal("different rows", &seen.iter().collect::<BTreeSet<_>>().len(), &all.len())
}

fn project_query(side: &Side) -> ProjectQuery {
    ProjectQuery { organisation: of(side), kinds: vec![], customer_visible: false, offset: 0, limit: 200 }
}

async fn list_projects(f: &Fixture, side: &Side, query: &ProjectQuery) -> Result<(Vec<Project>, u64), String> {
    let port = f.adapter.projects().ok_or_else(none("projects"))?;
    let page = said("projects", port.projects(&f.both_cx(), query).await)?;
    Ok((f.open_all(side, page.rows)?, page.total))
}

async fn projects(f: &Fixture) -> Verdict {
    let (all, total) = list_projects(f, &f.own, &project_query(&f.own)).await?;
    ensure(all.is_sorted_by(|a, b| a.updated_at >= b.updated_at), || "not the last changed first".into())?;
    let ids = |rows: Vec<Project>| rows.into_iter().map(|it| it.id).collect::<Vec<_>>();
    for kind in all.iter().map(|it| it.kind) {
        let (rows, total) =
            list_projects(f, &f.own, &ProjectQuery { kinds: vec![kind], ..project_query(&f.own) }).await?;
        let expected = all.iter().filter(|it| it.kind == kind).count();
        ensure(rows.iter().all(|it| it.kind == kind), || "a row does not match".into())?;
        equal("rows and total of a kind", &(rows.len(), total), &(expected, expected as u64))?;
    }
    let (all, mut pages) = (ids(all), vec![]);
    for offset in offsets(all.len()) {
        let query = ProjectQuery { offset, limit: 1, ..project_query(&f.own) };
        let (rows, total) = list_projects(f, &f.own, &query).await?;
        pages.push((ids(rows), total));
    }
    one_by_one(&all, total, pages)
}

async fn whole_project(f: &Fixture) -> Verdict {
    let port = f.adapter.projects().ok_or_else(none("projects"))?;
    for listed in list_projects(f, &f.own, &project_query(&f.own)).await?.0 {
        let whole = f.open(&f.own, said("project", port.project(&f.own_cx(), &listed.id).await)?)?;
        let seen = (&whole.id, whole.status, whole.customer_visible, whole.name.expose());
        equal("project", &seen, &(&listed.id, listed.status, listed.customer_visible, listed.name.expose()))?;
        ensure(whole.timeline.is_sorted_by_key(|it| it.at), || "the timeline is not oldest first".into())?;
    }
    let missing = ProjectId::new(&word()).map_err(|e| e.to_string())?;
    failed("project", port.project(&f.own_cx(), &missing).await, &[ErrorKind::NotFound])
}

async fn visible(f: &Fixture) -> Verdict {
    let (all, _) = list_projects(f, &f.own, &project_query(&f.own)).await?;
    let expected = all.iter().filter(|it| it.customer_visible).count();
    ensure(expected > 0 && expected < all.len(), || "a public and a hidden project are expected".into())?;
    let query = ProjectQuery { customer_visible: true, ..project_query(&f.own) };
    let (rows, total) = list_projects(f, &f.own, &query).await?;
    ensure(rows.iter().all(|it| it.customer_visible), || "a hidden project is listed".into())?;
    equal("projects and total", &(rows.len(), total), &(expected, expected as u64))?;
    let (all, _) = list_orders(f, &f.own, &order_query(&f.own)).await?;
    let draft = all.iter().any(|it| it.status == OrderStatus::Draft && it.customer_visible);
    ensure(!draft, || "a draft is for customers".into())?;
    let expected = all.iter().filter(|it| it.customer_visible).count();
    ensure(expected > 0 && expected < all.len(), || "a public and a hidden order are expected".into())?;
    let query = OrderQuery { customer_visible: true, ..order_query(&f.own) };
    let (rows, total) = list_orders(f, &f.own, &query).await?;
    ensure(rows.iter().all(|it| it.customer_visible), || "a hidden order is listed".into())?;
    equal("orders and total", &(rows.len(), total), &(expected, expected as u64))
}

async fn foreign_projects(f: &Fixture) -> Verdict {
    let port = f.adapter.projects().ok_or_else(none("projects"))?;
    let theirs = list_projects(f, &f.foreign, &project_query(&f.foreign)).await?.0;
    ensure(!theirs.is_empty(), || "the other organisation has no projects".into())?;
    for other in &theirs {
        crate::scope::closed(f, "project", port.project(&f.own_cx(), &other.id).await)?;
    }
    for organisation in [of(&f.foreign), None] {
        let query = ProjectQuery { organisation, ..project_query(&f.foreign) };
        own_only(f, query.organisation.is_some(), port.projects(&f.own_cx(), &query).await)?;
    }
    Ok(())
}

fn order_query(side: &Side) -> OrderQuery {
    OrderQuery { organisation: of(side), kind: None, customer_visible: false, offset: 0, limit: 200 }
}

async fn list_orders(f: &Fixture, side: &Side, query: &OrderQuery) -> Result<(Vec<Order>, u64), String> {
    let port = f.adapter.sales().ok_or_else(none("orders"))?;
    let page = said("orders", port.orders(&f.both_cx(), query).await)?;
    Ok((f.open_all(side, page.rows)?, page.total))
}

async fn orders(f: &Fixture) -> Verdict {
    let (all, total) = list_orders(f, &f.own, &order_query(&f.own)).await?;
    let made: Vec<_> = all.iter().filter_map(|it| it.created_at).collect();
    ensure(made.is_sorted_by(|a, b| a >= b), || "not newest first".into())?;
    for kind in [OrderKind::Quote, OrderKind::Order, OrderKind::Contract] {
        let (rows, total) = list_orders(f, &f.own, &OrderQuery { kind: Some(kind), ..order_query(&f.own) }).await?;
        let expected = all.iter().filter(|it| it.kind == kind).count();
        ensure(rows.iter().all(|it| it.kind == kind), || "a row does not match".into())?;
        equal("rows and total of a kind", &(rows.len(), total), &(expected, expected as u64))?;
    }
    let ids = |rows: Vec<Order>| rows.into_iter().map(|it| it.id).collect::<Vec<_>>();
    let (all, mut pages) = (ids(all), vec![]);
    for offset in offsets(all.len()) {
        let query = OrderQuery { offset, limit: 1, ..order_query(&f.own) };
        let (rows, total) = list_orders(f, &f.own, &query).await?;
        pages.push((ids(rows), total));
    }
    one_by_one(&all, total, pages)
}

async fn foreign_orders(f: &Fixture) -> Verdict {
    let port = f.adapter.sales().ok_or_else(none("orders"))?;
    let theirs = list_orders(f, &f.foreign, &order_query(&f.foreign)).await?.0;
    ensure(!theirs.is_empty(), || "the other organisation has no orders".into())?;
    for organisation in [of(&f.foreign), None] {
        let query = OrderQuery { organisation, ..order_query(&f.foreign) };
        own_only(f, query.organisation.is_some(), port.orders(&f.own_cx(), &query).await)?;
    }
    Ok(())
}

fn asset_query(side: &Side) -> AssetQuery {
    AssetQuery { organisation: of(side), text: None, offset: 0, limit: 200 }
}

async fn list_assets(f: &Fixture, side: &Side, query: &AssetQuery) -> Result<(Vec<Asset>, u64), String> {
    let port = f.adapter.assets().ok_or_else(none("equipment"))?;
    let page = said("assets", port.assets(&f.both_cx(), query).await)?;
    Ok((f.open_all(side, page.rows)?, page.total))
}

async fn assets(f: &Fixture) -> Verdict {
    let (all, total) = list_assets(f, &f.own, &asset_query(&f.own)).await?;
    ensure(all.is_sorted_by_key(|it| it.name.expose().to_lowercase()), || "not by name".into())?;
    let first = all.first().ok_or("no equipment")?;
    for text in [first.name.expose().to_owned(), first.name.expose().to_uppercase()] {
        let (rows, _) = list_assets(f, &f.own, &AssetQuery { text: Some(text), ..asset_query(&f.own) }).await?;
        ensure(rows.iter().any(|it| it.id == first.id), || "it is not found by its name".into())?;
    }
    let (rows, none) = list_assets(f, &f.own, &AssetQuery { text: Some(word()), ..asset_query(&f.own) }).await?;
    equal("equipment that nobody has", &(rows.len(), none), &(0, 0))?;
    let ids = |rows: Vec<Asset>| rows.into_iter().map(|it| it.id).collect::<Vec<_>>();
    let (all, mut pages) = (ids(all), vec![]);
    for offset in offsets(all.len()) {
        let query = AssetQuery { offset, limit: 1, ..asset_query(&f.own) };
        let (rows, total) = list_assets(f, &f.own, &query).await?;
        pages.push((ids(rows), total));
    }
    one_by_one(&all, total, pages)
}

async fn foreign_assets(f: &Fixture) -> Verdict {
    let port = f.adapter.assets().ok_or_else(none("equipment"))?;
    let theirs = list_assets(f, &f.foreign, &asset_query(&f.foreign)).await?.0;
    ensure(!theirs.is_empty(), || "the other organisation has no equipment".into())?;
    for organisation in [of(&f.foreign), None] {
        let query = AssetQuery { organisation, ..asset_query(&f.foreign) };
        own_only(f, query.organisation.is_some(), port.assets(&f.own_cx(), &query).await)?;
    }
    Ok(())
}

pub(crate) fn booking_query(side: &Side) -> BookingQuery {
    BookingQuery { organisation: of(side), since: None, until: None, limit: 200 }
}

async fn list_bookings(f: &Fixture, side: &Side, query: &BookingQuery) -> Result<Vec<Booking>, String> {
    let port = f.adapter.bookings().ok_or_else(none("bookings"))?;
    f.open_all(side, said("bookings", port.bookings(&f.both_cx(), query).await)?)
}

async fn bookings(f: &Fixture) -> Verdict {
    let all = list_bookings(f, &f.own, &booking_query(&f.own)).await?;
    ensure(all.is_sorted_by_key(|it| it.starts_at), || "not the next first".into())?;
    let middle = all.get(all.len() / 2).ok_or("no bookings")?.starts_at;
    let ends = |it: &Booking| it.ends_at.unwrap_or(it.starts_at);
    let later = list_bookings(f, &f.own, &BookingQuery { since: Some(middle), ..booking_query(&f.own) }).await?;
    ensure(later.iter().all(|it| ends(it) >= middle), || "one ended before".into())?;
    equal("those since then", &later.len(), &all.iter().filter(|it| ends(it) >= middle).count())?;
    let earlier = list_bookings(f, &f.own, &BookingQuery { until: Some(middle), ..booking_query(&f.own) }).await?;
    ensure(earlier.iter().all(|it| it.starts_at < middle), || "one begins afterwards".into())?;
    equal("those until then", &earlier.len(), &all.iter().filter(|it| it.starts_at < middle).count())?;
    let one = list_bookings(f, &f.own, &BookingQuery { limit: 1, ..booking_query(&f.own) }).await?;
    equal("bookings on a page of 1", &one.len(), &1)
}

async fn foreign_bookings(f: &Fixture) -> Verdict {
    let port = f.adapter.bookings().ok_or_else(none("bookings"))?;
    let theirs = list_bookings(f, &f.foreign, &booking_query(&f.foreign)).await?;
    ensure(!theirs.is_empty(), || "the other organisation has no bookings".into())?;
    crate::scope::no_rows(port.bookings(&f.own_cx(), &booking_query(&f.foreign)).await)?;
    let unnamed = BookingQuery { organisation: None, ..booking_query(&f.own) };
    f.open_all(&f.own, said("bookings", port.bookings(&f.own_cx(), &unnamed).await)?).map(drop)
}
