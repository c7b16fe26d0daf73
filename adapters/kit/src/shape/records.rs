//! The shape of organisations, contacts, articles and logins.

use crate::check::{ensure, equal, failed, said, word};
use crate::fixture::Fixture;
use crate::trial::{Group::Shape, Trial, Verdict};
use postern_api::*;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        Trial::new(Shape, "a requester is found by address", "any case; nobody: `None`", &[Op::RequesterFind], |f| {
            Box::pin(requester(f))
        }),
        Trial::new(Shape, "an organisation is found", "missing: `NotFound`", &[Op::OrganisationGet], |f| {
            Box::pin(organisation(f))
        }),
        Trial::new(
            Shape,
            "the directory has every organisation once",
            "mapped or not, by id; each once",
            &[Op::OrganisationList],
            |f| Box::pin(directory(f)),
        ),
        Trial::new(
            Shape,
            "contacts come by name",
            "the contacts of one organisation, by name",
            &[Op::ContactList],
            |f| Box::pin(contacts(f)),
        ),
        Trial::new(Shape, "a contact is found", "missing: `NotFound`", &[Op::ContactGet], |f| Box::pin(contact(f)))
            .when(|f| f.own.contact.is_some()),
        Trial::new(Shape, "articles come best first", "relevance falls, 0 to 1", &[Op::ArticleSearch], |f| {
            Box::pin(articles(f))
        })
        .when(|f| f.articles.is_some()),
        Trial::new(Shape, "an article is found whole", "missing: `NotFound`", &[Op::ArticleGet], |f| {
            Box::pin(article(f))
        })
        .when(|f| f.articles.is_some()),
        Trial::new(Shape, "logins come by address", "one lead each, by e-mail address", &[Op::LoginList], |f| {
            Box::pin(logins(f))
        })
        .when(|f| f.own.lead.is_some()),
        Trial::new(Shape, "role changes come oldest first", "oldest first", &[Op::RoleChangeList], |f| {
            Box::pin(role_changes(f))
        }),
    ]
}

async fn requester(f: &Fixture) -> Verdict {
    let desk = f.desk()?;
    for email in [f.own.email.clone(), f.own.email.to_uppercase()] {
        let row = said("requester", desk.requester(&f.own_cx(), &f.own.external, &email).await)?;
        let person = f.open(&f.own, row.ok_or_else(|| format!("nobody has the address `{email}`"))?)?;
        equal("contact", &person.contact, &Some(f.own.requester.clone()))?;
    }
    let nobody = format!("{}@example.invalid", word());
    let row = said("requester", desk.requester(&f.own_cx(), &f.own.external, &nobody).await)?;
    ensure(row.is_none(), || "somebody has an address that nobody has".into())
}

async fn organisation(f: &Fixture) -> Verdict {
    let crm = f.crm()?;
    let row = f.open(&f.own, said("organisation", crm.organisation(&f.own_cx(), &f.own.external).await)?)?;
    equal("id", &row.id, &f.own.external)?;
    ensure(!row.name.is_empty(), || "the name is empty".into())?;
    ensure(row.domains.iter().all(|it| *it == it.to_lowercase()), || "a domain is not lower case".into())?;
    let cx = CallCx { reach: Reach::Tenant, ..f.own_cx() };
    failed("organisation", crm.organisation(&cx, &f.missing.organisation).await, &[ErrorKind::NotFound])
}

async fn directory(f: &Fixture) -> Verdict {
    let cx = CallCx { reach: Reach::Tenant, ..f.own_cx() };
    let found = said("directory", f.crm()?.directory(&cx).await)?;
    for side in [&f.own, &f.foreign] {
        let times = found.entries.iter().filter(|it| it.id == side.external).count();
        ensure(times == 1, || format!("`{}` is listed {times} times", side.external))?;
    }
    ensure(found.entries.iter().all(|it| !it.name.is_empty()), || "a name is empty".into())?;
    let lower = |it: &DirectoryEntry| it.domains.iter().all(|it| *it == it.to_lowercase());
    ensure(found.entries.iter().all(lower), || "a domain is not lower case".into())?;
    ensure(found.entries.is_sorted_by(|a, b| a.id < b.id), || "not by id, or one twice".into())
}

async fn contacts(f: &Fixture) -> Verdict {
    let rows = f.open_all(&f.own, said("contacts", f.crm()?.contacts(&f.own_cx(), &f.own.external).await)?)?;
    ensure(!rows.is_empty(), || "no contacts".into())?;
    ensure(rows.is_sorted_by_key(|it| it.name.to_lowercase()), || "not by name".into())?;
    let known = f.own.contact.as_ref().is_none_or(|id| rows.iter().any(|it| it.id == *id));
    ensure(known, || "the known contact is missing".into())
}

async fn contact(f: &Fixture) -> Verdict {
    let Some(id) = &f.own.contact else { return Ok(()) };
    let row = f.open(&f.own, said("contact", f.crm()?.contact(&f.own_cx(), id).await)?)?;
    equal("id", &row.id, id)?;
    failed("contact", f.crm()?.contact(&f.own_cx(), &f.missing.contact).await, &[ErrorKind::NotFound])
}

fn words(text: &str) -> ArticleQuery {
    ArticleQuery { text: text.to_owned(), category: None, public_only: false, limit: 10 }
}

async fn articles(f: &Fixture) -> Verdict {
    let known = f.articles()?;
    let page = said("search", f.knowledge()?.search(&f.own_cx(), &words(&known.word)).await)?;
    let total = page.total;
    let rows = page.rows.into_iter().map(|row| f.open_shared(row)).collect::<Result<Vec<_>, _>>()?;
    ensure(rows.iter().any(|it| it.id == known.public && it.public), || "the public article is missing".into())?;
    ensure(rows.iter().any(|it| it.id == known.internal && !it.public), || "the internal article is missing".into())?;
    ensure(total >= rows.len() as u64, || "total is less than the rows".into())?;
    let relevance: Vec<f64> = rows.iter().filter_map(|it| it.relevance).collect();
    ensure(relevance.iter().all(|it| (0.0..=1.0).contains(it)), || format!("relevance is {relevance:?}"))?;
    ensure(relevance.is_sorted_by(|a, b| a >= b), || "not best first".into())?;
    ensure(rows.iter().all(|it| it.body.expose().is_empty()), || "a search result carries the whole text".into())?;
    let page = said("search", f.knowledge()?.search(&f.own_cx(), &words(&word())).await)?;
    equal("rows for a word that nobody wrote", &page.rows.len(), &0)?;
    equal("total for a word that nobody wrote", &page.total, &0)
}

async fn article(f: &Fixture) -> Verdict {
    let known = f.articles()?;
    let row = f.open_shared(said("article", f.knowledge()?.article(&f.own_cx(), &known.public).await)?)?;
    ensure(row.public && !row.body.expose().is_empty(), || "not public, or without text".into())?;
    let row = f.open_shared(said("article", f.knowledge()?.article(&f.own_cx(), &known.internal).await)?)?;
    ensure(!row.public, || "the internal article says that it is public".into())?;
    failed("article", f.knowledge()?.article(&f.own_cx(), &f.missing.article).await, &[ErrorKind::NotFound])
}

async fn logins(f: &Fixture) -> Verdict {
    let rows = f.open_all(&f.own, said("logins", f.identity()?.logins(&f.own_cx(), &f.own.external).await)?)?;
    ensure(rows.is_sorted_by_key(|it| it.email.clone()), || "not by e-mail address".into())?;
    let leads: Vec<_> = rows.iter().filter(|it| it.role == LoginRole::Lead).map(|it| it.id.clone()).collect();
    equal("leads", &leads, &f.own.lead.clone().into_iter().collect())
}

async fn role_changes(f: &Fixture) -> Verdict {
    let rows = said("role_changes", f.identity()?.role_changes(&f.own_cx(), &f.own.external).await)?;
    let rows = f.open_all(&f.own, rows)?;
    ensure(rows.is_sorted_by_key(|it| it.at), || "not oldest first".into())
}
