use serde::Serialize;
use sihha_domain::session::TokenPair;
use utoipa::ToSchema;

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenPairResponse {
    /// A JWT that authenticates requests.
    access: String,
    /// A JWT that is exchanged, once, for new tokens.
    refresh: String,
    /// Lifetime of the access token in seconds (RFC 6749 §5.1).
    expires_in: i64,
}

impl From<&TokenPair> for TokenPairResponse {
    fn from(tokens: &TokenPair) -> Self {
        Self {
            access: tokens.access.expose().to_owned(),
            refresh: tokens.refresh.expose().to_owned(),
            expires_in: tokens.expires_in.num_seconds(),
        }
    }
}
