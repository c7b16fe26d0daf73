//! Draws the pages of the authority's flow: who asks to connect, what it may do, and what went wrong.

use super::page;
use super::words::tidy;
use crate::authority::pages::{ClientView, ConnectView, ConsentView, ErrorView, Pages, Publisher};
use askama::Template;
use axum::response::Response;

/// The pages of the authority and of the sign-in, drawn by the console.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawn;

#[derive(Template)]
#[template(path = "flow/connect.html")]
struct Connect<'a> {
    view: &'a ConnectView,
}

#[derive(Template)]
#[template(path = "flow/consent.html")]
struct Consent<'a> {
    view: &'a ConsentView,
}

#[derive(Template)]
#[template(path = "flow/error.html")]
struct Failed<'a> {
    view: &'a ErrorView,
}

/// What a client says of itself is cleaned here as well, whoever filled in the view.
fn cleaned(client: &ClientView) -> ClientView {
    let publisher = match &client.publisher {
        Publisher::Host(host) => Publisher::Host(tidy(host)),
        known @ (Publisher::FirstParty | Publisher::Configured | Publisher::Unknown) => known.clone(),
    };
    ClientView {
        name: tidy(&client.name),
        id: tidy(&client.id),
        publisher,
        redirect_to: tidy(&client.redirect_to),
        ..client.clone()
    }
}

impl Pages for Drawn {
    fn connect(&self, view: &ConnectView) -> Response {
        page(&Connect { view: &ConnectView { client: cleaned(&view.client), ..view.clone() } })
    }

    fn consent(&self, view: &ConsentView) -> Response {
        page(&Consent { view: &ConsentView { client: cleaned(&view.client), ..view.clone() } })
    }

    fn error(&self, view: &ErrorView) -> Response {
        page(&Failed { view })
    }
}
