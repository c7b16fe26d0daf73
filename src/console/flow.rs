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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::pages::ScopeView;
    use axum::body::to_bytes;

    fn client() -> ClientView {
        ClientView {
            name: format!("<b onclick=x>Cl\u{430}ude</b>\u{202e}\u{200b}{}", "a".repeat(10_000)),
            id: "\"><script>1</script>".to_owned(),
            publisher: Publisher::Host("<i>evil.example".to_owned()),
            redirect_to: "evil.example\u{202e}".to_owned(),
            local_only: true,
            lookalike: true,
        }
    }

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.expect("a body").to_vec()).expect("text")
    }

    #[tokio::test]
    async fn o12_what_a_client_says_of_itself_is_escaped_short_and_warned_of() {
        let scope = ScopeView {
            scope: "support.read".into(),
            area: "Support".into(),
            says: "Reads.".into(),
            writes: false,
            requested: true,
            available: false,
            held: false,
            new: false,
        };
        let consent = Drawn.consent(&ConsentView {
            server: "Postern".into(),
            client: client(),
            person: None,
            scopes: vec![scope],
            again: false,
            changed: false,
            action: "/authorize",
            flow: "f".into(),
            csrf: "c".into(),
            switch_account: "/sign-out".into(),
            notice: None,
        });
        let connect = Drawn.connect(&ConnectView {
            server: "Postern".into(),
            client: client(),
            action: "/authorize",
            flow: "f".into(),
            csrf: "c".into(),
        });
        for page in [text(consent).await, text(connect).await] {
            for raw in ["<b onclick", "<script>1", "<i>evil", "\u{202e}", "\u{200b}", &"a".repeat(64)] {
                assert!(!page.contains(raw), "{raw:?}");
            }
            for said in [
                "onclick",
                "evil.example",
                "letters that are easily taken",
                "answers on this computer only",
                "External",
            ] {
                assert!(page.contains(said), "{said}");
            }
            assert!(
                !page.contains("https://") && !page.contains("checked"),
                "loads nothing; ticks nothing unavailable"
            );
        }
    }
}
