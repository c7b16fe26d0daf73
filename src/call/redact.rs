//! Redacts what a tool said, before any other layer sees it. An answer that cannot be redacted is withheld.

pub mod lens;

use super::dispatch::Draft;
use super::{Shown, Stop, Work};
use crate::tools::{Preview, ToolCx};
use futures::future::BoxFuture;
use lens::{Redactor, Viewer};
use postern_policies::Realm;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

/// The layer.
#[derive(Debug, Clone)]
pub struct Redact<S> {
    inner: S,
    redactor: Arc<Redactor>,
}

impl<S> Redact<S> {
    /// Redacts what `inner` answers.
    pub fn new(inner: S, redactor: Arc<Redactor>) -> Self {
        Self { inner, redactor }
    }
}

/// The caller as the redactor sees them: what is their own, and within which grant placeholders stay the same.
fn viewer(cx: &ToolCx) -> Viewer {
    let (caller, tenant) = (&cx.caller, &cx.tenant);
    let systems = match caller.realm {
        Realm::Customer => BTreeSet::from([&tenant.service_desk.name, &tenant.crm.name, &tenant.identity.name]),
        Realm::Employee => BTreeSet::new(),
    };
    let contacts =
        systems.into_iter().filter_map(|it| cx.identities.contact(&tenant.id, it, &caller.principal).ok().flatten());
    let client = caller.client.as_deref().unwrap_or_default();
    Viewer {
        contacts: contacts.collect(),
        own_values: [&caller.email, &caller.name].into_iter().flatten().map(|it| it.to_string()).collect(),
        link_hosts: tenant.trusted_link_hosts.clone(),
        grant: format!("{}\n{}\n{client}", caller.principal.issuer, caller.principal.subject).into(),
    }
}

impl<S> Service<Work> for Redact<S>
where
    S: Service<Work, Response = Draft, Error = Stop> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Shown;
    type Error = Stop;
    type Future = BoxFuture<'static, Result<Shown, Stop>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, work: Work) -> Self::Future {
        let (cx, reveal, trail) = (work.permitted.cx.clone(), work.permitted.reveal, work.permitted.trail.clone());
        let (redactor, draft) = (self.redactor.clone(), self.inner.call(work));
        Box::pin(async move {
            let draft = draft.await;
            // After the tool ran: it may have linked the caller to a contact just now.
            let viewer = viewer(&cx);
            let draft = match draft {
                Ok(draft) => draft,
                Err(Stop::Refused(mut refusal)) => {
                    // A connected system's own words may be in it.
                    refusal.message = redactor.redact_text(&refusal.message, &reveal, &viewer).into();
                    return Err(refusal.into());
                }
                Err(Stop::Hidden) => return Err(Stop::Hidden),
            };
            let answer = match &draft {
                Draft::Reply(reply) => &reply.data,
                Draft::Preview(preview) => &preview.data,
            };
            let redacted = redactor.redact(&**answer, &reveal, &viewer)?;
            trail.notes.lock().redacted = redacted.counts.iter().map(|(_, it)| it).sum();
            Ok(match draft {
                Draft::Reply(reply) => Shown::Success { data: redacted.json, metadata: reply.metadata },
                Draft::Preview(preview) => {
                    let mut data = redacted.value();
                    let Preview { message, effect, targets, names, customer, .. } = preview;
                    let names = match names {
                        Some(names) => serde_json::from_str(redactor.redact(&*names, &reveal, &viewer)?.json.get())
                            .map_err(|e| postern_api::Error::internal("the names of a preview").because(e))?,
                        None => Vec::new(),
                    };
                    if let (Some(name), Some(facts)) = (customer, data.as_object_mut()) {
                        facts.insert("customer".to_owned(), redactor.redact_text(&name, &reveal, &viewer).into());
                    }
                    Shown::Preview { message: message(&data), data, effect, targets, names }
                }
            })
        })
    }
}
