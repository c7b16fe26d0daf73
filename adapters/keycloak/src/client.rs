//! Requests in Keycloak's manner: pages by `first` and `max`, writes that answer 204 or 201 with a `Location`.

use crate::error;
use crate::wire::{UserRow, is_uuid};
use postern_api::http::{Effect, Http, Method, Request, Response, StatusCode, header};
use postern_api::{CallCx, Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Speaks to one realm.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) http: Arc<dyn Http>,
    pub(crate) realm: String,
    pub(crate) page_size: u32,
    pub(crate) max_users: u32,
}

/// A query pair.
pub(crate) type Pair<'a> = (&'a str, String);

/// No body.
pub(crate) const NOTHING: Option<&()> = None;

impl Client {
    fn request(&self, method: Method, below: &[&str], query: &[Pair<'_>]) -> Request {
        let path: Vec<&str> = ["admin", "realms", &self.realm].into_iter().chain(below.iter().copied()).collect();
        let mut request = if method == Method::GET { Request::get(&path) } else { Request::post(&path) };
        request.method = method;
        query.iter().fold(request, |request, (name, value)| request.query(name, value))
    }

    /// Reads one thing.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        cx: &CallCx,
        below: &[&str],
        query: &[Pair<'_>],
        what: &'static str,
    ) -> Result<T> {
        let request = self.request(Method::GET, below, query);
        error::check(self.http.send(cx, request).await?, Effect::Read, what)?.json()
    }

    /// Reads users page by page. Each once, at most `max_users`: more are an error, because half a list misleads.
    pub(crate) async fn users(
        &self,
        cx: &CallCx,
        below: &[&str],
        query: &[Pair<'_>],
        what: &'static str,
    ) -> Result<Vec<UserRow>> {
        let (mut users, mut seen) = (Vec::new(), BTreeSet::new());
        let size = self.page_size as usize;
        loop {
            let page: Vec<Pair<'_>> =
                query.iter().cloned().chain([("first", users.len().to_string()), ("max", size.to_string())]).collect();
            let rows: Vec<UserRow> = self.get(cx, below, &page, what).await?;
            let (came, before) = (rows.len(), users.len());
            users.extend(rows.into_iter().filter(|it| seen.insert(it.id.clone())));
            if users.len() > self.max_users as usize {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "the organisation has more users than are read; an administrator can raise `max_users`",
                ));
            }
            if came < size {
                return Ok(users);
            }
            if users.len() == before {
                return Err(Error::bad_reply("the same page of users again"));
            }
        }
    }

    async fn write(
        &self,
        cx: &CallCx,
        method: Method,
        (below, query): (&[&str], &[Pair<'_>]),
        body: Option<&impl Serialize>,
        what: &'static str,
    ) -> Result<Response> {
        if cx.looking {
            return Err(Error::internal("a write in a call that only looks"));
        }
        let request = self.request(method, below, query);
        let request = match body {
            Some(body) => request.json(body)?,
            None => request,
        };
        error::check(self.http.send(cx, request).await?, Effect::Write, what)
    }

    /// Changes something. Done is 204 and nothing else.
    pub(crate) async fn change(
        &self,
        cx: &CallCx,
        method: Method,
        below: &[&str],
        query: &[Pair<'_>],
        body: Option<&impl Serialize>,
        what: &'static str,
    ) -> Result<()> {
        let response = self.write(cx, method, (below, query), body, what).await?;
        if response.status == StatusCode::NO_CONTENT { Ok(()) } else { Err(error::unknown()) }
    }

    /// Creates something and answers its id, which stands in the `Location` alone.
    pub(crate) async fn create(
        &self,
        cx: &CallCx,
        below: &[&str],
        body: &impl Serialize,
        what: &'static str,
    ) -> Result<String> {
        let response = self.write(cx, Method::POST, (below, &[]), Some(body), what).await?;
        let location = response.header(&header::LOCATION).filter(|_| response.status == StatusCode::CREATED);
        let id = location.and_then(|it| it.rsplit('/').next()).filter(|it| is_uuid(it));
        id.map(str::to_owned).ok_or_else(error::unknown)
    }

    /// One user by id. What else stands behind `/users/` is no user.
    pub(crate) async fn user(&self, cx: &CallCx, id: &str) -> Result<UserRow> {
        if !is_uuid(id) {
            return Err(Error::not_found("portal user"));
        }
        let user: UserRow = self.get(cx, &["users", id], &[], "portal user").await?;
        if user.id.eq_ignore_ascii_case(id) {
            Ok(user)
        } else {
            Err(Error::bad_reply("another user than the one asked for"))
        }
    }

    /// Writes a user back: every field that a change without it would lose.
    pub(crate) async fn put(&self, cx: &CallCx, user: &UserRow) -> Result<()> {
        self.change(cx, Method::PUT, &["users", &user.id], &[], Some(user), "portal user").await
    }
}
