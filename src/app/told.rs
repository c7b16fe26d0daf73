//! What the parts tell the audit log and the metrics.

use crate::audit::Journal;
use crate::audit::journal::{self, Refused};
use crate::authority::events::{Event, Events};
use crate::authority::sign_in::{SignInEvent, SignInEvents};
use crate::console::unsubscribe;
use crate::edge::reason::Reason;
use crate::edge::rejection::{RejectionFacts, Rejections};
use crate::telemetry;
use postern_api::TenantId;
use std::sync::Arc;

/// Tells the audit and the metrics what the edge refused.
#[derive(Debug)]
pub(super) struct Told(pub Arc<Journal>);

impl Rejections for Told {
    fn rejected(&self, reason: Reason, facts: &RejectionFacts) {
        telemetry::rejected(reason.code());
        tracing::info!(
            reason = reason.code(),
            request_id = facts.request_id.as_deref(),
            tenant = facts.tenant.as_ref().map(TenantId::as_str),
            "a request was refused at the edge: {}",
            reason.code()
        );
        self.0.refused(&Refused {
            tenant: facts.tenant.as_ref(),
            principal: facts.principal.as_ref(),
            code: reason.code(),
            request_id: facts.request_id.as_deref().unwrap_or_default(),
            ..Refused::default()
        });
    }
}

impl Events for Told {
    fn tell(&self, event: &Event<'_>) {
        tracing::info!(
            code = event.code,
            refused = event.refused,
            request_id = event.request_id,
            tenant = event.tenant.map(TenantId::as_str),
            "authority: {}",
            event.code
        );
        self.0.event(&journal::Event {
            tenant: event.tenant,
            principal: event.principal,
            client: event.client,
            code: event.code,
            refused: event.refused,
            request_id: event.request_id,
        });
    }
}

impl unsubscribe::Left for Told {
    fn left(&self, tenant: &TenantId, request_id: &str) {
        tracing::info!(tenant = tenant.as_str(), request_id, "somebody left a kind of mail");
        self.0.event(&journal::Event {
            tenant: Some(tenant),
            code: "unsubscribed",
            request_id,
            ..journal::Event::default()
        });
    }
}

impl SignInEvents for Told {
    fn happened(&self, event: &SignInEvent) {
        let tenant = event.tenant.as_ref();
        tracing::info!(
            code = event.code,
            request_id = event.request_id,
            tenant = tenant.map(TenantId::as_str),
            "sign-in: {}",
            event.code
        );
        self.0.refused(&Refused {
            tenant,
            principal: event.principal.as_ref(),
            phase: "sign-in",
            allowed: event.allowed,
            code: event.code,
            request_id: &event.request_id,
        });
    }
}
