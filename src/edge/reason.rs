//! Why a request was not let in. For the audit and the metrics; the caller sees one answer for every cause.

/// Why a request was refused before it reached the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No token was sent.
    NoToken,
    /// A token was sent in the URL.
    TokenInUrl,
    /// More than one `Authorization` header, another scheme, or more than one credential.
    BadAuthorization,
    /// Longer than a token may be.
    TooLarge,
    /// Not three base64url parts of JSON objects.
    Malformed,
    /// A key appears twice in the header or the payload.
    RepeatedKey,
    /// The header holds a parameter that Postern does not follow.
    HeaderParameter,
    /// The issuer is missing, not one string, or not configured.
    UnknownIssuer,
    /// The realm's tokens are not accepted on this route.
    NotAcceptedHere,
    /// The algorithm is not allowed, or is not the key's.
    Algorithm,
    /// The header's `typ` is not one of the realm's.
    HeaderType,
    /// The key id is missing, or names no key of the issuer.
    UnknownKey,
    /// The issuer's keys cannot be had.
    KeysUnavailable,
    /// The signature does not match.
    Signature,
    /// The token has ended.
    Expired,
    /// The token begins, or was issued, in the future.
    NotYetValid,
    /// A time is missing or not a sensible whole number.
    Times,
    /// The audience is not ours, or not ours alone.
    Audience,
    /// The token is of another kind: an ID, refresh, offline or logout token.
    TokenType,
    /// The token is bound to a key whose proof was not asked for.
    SenderConstrained,
    /// The client is not one of the realm's.
    Client,
    /// A claim is missing or has another shape.
    Claims,
    /// A customer's token names no organisation, or not one.
    Organisation,
    /// The token, its session or its grant was revoked.
    Revoked,
    /// Whether it was revoked cannot be found out.
    Unavailable,
    /// The tenant is switched off, or the person was removed.
    Disabled,
    /// `Host` is missing, repeated, or not ours.
    Host,
    /// `Origin` is not allowed.
    Origin,
    /// Too many requests, by this caller, its tenant or its address.
    Throttled,
    /// The session is unknown, or another caller's.
    Session,
    /// Headers too many or too large.
    Headers,
    /// The body is too large, too slow, or not one strict JSON-RPC message.
    Body,
}

/// What a caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// 401 with a challenge.
    Challenge,
    /// 403.
    Forbidden,
    /// 503: not the caller's fault.
    Unavailable,
    /// Told where the rule stands, for example 429 or 413.
    Elsewhere,
}

impl Reason {
    /// A short fixed name, for the audit and as a metric's label.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::TokenInUrl => "token_in_url",
            Self::BadAuthorization => "bad_authorization",
            Self::TooLarge => "token_too_large",
            Self::Malformed => "malformed",
            Self::RepeatedKey => "repeated_key",
            Self::HeaderParameter => "header_parameter",
            Self::UnknownIssuer => "unknown_issuer",
            Self::NotAcceptedHere => "not_accepted_here",
            Self::Algorithm => "algorithm",
            Self::HeaderType => "header_type",
            Self::UnknownKey => "unknown_key",
            Self::KeysUnavailable => "keys_unavailable",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Times => "times",
            Self::Audience => "audience",
            Self::TokenType => "token_type",
            Self::SenderConstrained => "sender_constrained",
            Self::Client => "client",
            Self::Claims => "claims",
            Self::Organisation => "organisation",
            Self::Revoked => "revoked",
            Self::Unavailable => "grant_unavailable",
            Self::Disabled => "disabled",
            Self::Host => "host",
            Self::Origin => "origin",
            Self::Throttled => "throttled",
            Self::Session => "session",
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }

    /// What the caller is told. Every way in which a token can be wrong is one answer.
    pub fn told(self) -> Told {
        match self {
            Self::NoToken
            | Self::TokenInUrl
            | Self::BadAuthorization
            | Self::TooLarge
            | Self::Malformed
            | Self::RepeatedKey
            | Self::HeaderParameter
            | Self::UnknownIssuer
            | Self::NotAcceptedHere
            | Self::Algorithm
            | Self::HeaderType
            | Self::UnknownKey
            | Self::Signature
            | Self::Expired
            | Self::NotYetValid
            | Self::Times
            | Self::Audience
            | Self::TokenType
            | Self::SenderConstrained
            | Self::Client
            | Self::Claims
            | Self::Organisation
            | Self::Revoked => Told::Challenge,
            Self::Disabled => Told::Forbidden,
            Self::KeysUnavailable | Self::Unavailable => Told::Unavailable,
            Self::Host | Self::Origin | Self::Throttled | Self::Session | Self::Headers | Self::Body => Told::Elsewhere,
        }
    }
}
