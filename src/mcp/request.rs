//! What a request says of itself: its caller, its id, the client, the toolsets.
//!
//! **Invariant:** the caller comes from the edge through the request's extensions, and a request without one is our fault.

use super::Facts;
use crate::caller::{Caller, ClientIp, RequestId};
use http::request::Parts;
use http::{Extensions, Request, Uri};
use rmcp::model::{ErrorData, Implementation, ProtocolVersion};
use rmcp::service::{RequestContext, RoleServer};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The caller that the edge verified.
pub(super) fn caller(context: &RequestContext<RoleServer>) -> Result<Arc<Caller>, ErrorData> {
    let caller = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Arc<Caller>>());
    caller.cloned().ok_or_else(|| {
        tracing::error!("a request reached the MCP handler without a caller: the authenticate layer is missing");
        ErrorData::internal_error("internal error", None)
    })
}

/// Whether the request is of a version without a handshake.
pub(super) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// What the request says beside its method.
pub(super) fn facts(context: &RequestContext<RoleServer>) -> Facts {
    let version = context.protocol_version();
    let version = version.as_ref().map(ProtocolVersion::as_str).unwrap_or_default();
    let (client, gone) = (context.client_info(), context.ct.clone());
    let nothing = Request::new(()).into_parts().0;
    let parts = context.extensions.get::<Parts>().unwrap_or(&nothing);
    facts_of(&parts.extensions, &parts.uri, version, client.as_ref(), gone)
}

/// The same, from its parts.
pub(super) fn facts_of(
    extensions: &Extensions,
    uri: &Uri,
    version: &str,
    client: Option<&Implementation>,
    cancelled: CancellationToken,
) -> Facts {
    Facts {
        request_id: extensions.get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default(),
        protocol: version.to_owned(),
        client: client.map(|client| printable(&format!("{}/{}", client.name, client.version))),
        address: extensions.get::<ClientIp>().map(|it| it.0).filter(|it| !it.is_unspecified()),
        toolsets: uri.query().and_then(toolsets),
        cancelled,
    }
}

/// `toolsets=a,b` of a query. `None` where it names none.
fn toolsets(query: &str) -> Option<Vec<String>> {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "toolsets");
    let mut names: Vec<String> = Vec::new();
    for (_, value) in pairs {
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if names.len() < 64 && !names.iter().any(|known| known == name) {
                names.push(name.chars().take(64).collect());
            }
        }
    }
    (!names.is_empty()).then_some(names)
}

/// At most 128 printable characters: a client names itself, so its name is not to be trusted in a log.
fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(128).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::caller::Principal;
    use postern_api::TenantId;
    use postern_policies::Realm;

    pub(in crate::mcp) fn caller(subject: &str) -> Caller {
        Caller {
            principal: Principal { issuer: "https://id.example/customers".into(), subject: subject.into() },
            realm: Realm::Customer,
            tenant: TenantId::new("msp").unwrap(),
            organisation: None,
            assigned: None,
            roles: Arc::default(),
            scopes: None,
            client: None,
            service: false,
            name: None,
            email: None,
            expires_at: i64::MAX,
            rests: Default::default(),
        }
    }

    #[test]
    fn toolsets_are_read_from_the_query_alone() {
        assert_eq!(toolsets("toolsets=tickets,%20contacts,,tickets"), Some(vec!["tickets".into(), "contacts".into()]));
        assert_eq!(toolsets("a=b&toolsets=x&toolsets=y"), Some(vec!["x".into(), "y".into()]));
        assert_eq!(toolsets("toolsets="), None);
        assert_eq!(toolsets("toolset=x"), None);
    }

    #[test]
    fn a_clients_name_cannot_write_a_second_log_line() {
        assert_eq!(printable("evil\n2026 INFO \u{202e}ok/1"), "evil2026 INFO ok/1");
        assert_eq!(printable(&"x".repeat(500)).len(), 128);
    }
}
