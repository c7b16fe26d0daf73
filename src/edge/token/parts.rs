//! Taking a compact JWS apart (RFC 7515), strictly.

use crate::edge::json;
use crate::edge::reason::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// No token of ours nests deeper.
const DEPTH: usize = 8;
/// Header parameters that are only hints about the key and change nothing.
const HINTS: [&str; 2] = ["x5t", "x5t#S256"];

/// A token in its parts; nothing of it is trusted yet.
pub(crate) struct Parts<'a> {
    pub(crate) algorithm: String,
    pub(crate) key_id: Option<String>,
    pub(crate) header_type: Option<String>,
    pub(crate) payload: Map<String, Value>,
    /// What was signed.
    pub(crate) message: &'a [u8],
    /// The signature, base64url.
    pub(crate) signature: &'a str,
}

/// Takes a token apart. The header may say `alg`, `kid` and `typ`, and nothing that would have to be followed.
pub(crate) fn split(token: &str) -> Result<Parts<'_>, Reason> {
    let (message, signature) = token.rsplit_once('.').ok_or(Reason::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Reason::Malformed)?;
    // The empty signature of an unsecured token, the two further parts of an encrypted one.
    if payload.contains('.') || URL_SAFE_NO_PAD.decode(signature).is_ok_and(|it| it.is_empty()) {
        return Err(Reason::Malformed);
    }
    URL_SAFE_NO_PAD.decode(signature).map_err(|_| Reason::Malformed)?;
    let mut header = object(header)?;
    let algorithm = text(&mut header, "alg")?.ok_or(Reason::Algorithm)?;
    let key_id = text(&mut header, "kid")?;
    let header_type = text(&mut header, "typ")?;
    if header.keys().any(|it| !HINTS.contains(&it.as_str())) {
        return Err(Reason::HeaderParameter);
    }
    let payload = object(payload)?;
    Ok(Parts { algorithm, key_id, header_type, payload, message: message.as_bytes(), signature })
}

fn object(part: &str) -> Result<Map<String, Value>, Reason> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::Malformed)?;
    match json::parse(&bytes, DEPTH) {
        Ok(Value::Object(it)) => Ok(it),
        Ok(_) => Err(Reason::Malformed),
        Err(error) if error.is_data() => Err(Reason::RepeatedKey),
        Err(_) => Err(Reason::Malformed),
    }
}

fn text(header: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Reason> {
    match header.remove(name) {
        None => Ok(None),
        Some(Value::String(it)) => Ok(Some(it)),
        Some(_) => Err(Reason::Malformed),
    }
}
