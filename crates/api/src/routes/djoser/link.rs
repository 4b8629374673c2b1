use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sihha_domain::mail::{MailToken, MailTokenError};

use crate::openapi::examples;
use crate::problem::ApiError;

/// An example of the secret of a token.
pub(super) const SECRET: &str = "5f1e0c6d9b7a48e3a2d4c8f6b1e09375d6a4f2c8e7b3190a5d8c6f4e2b1a0937";

/// Returns an example of an account as Django writes it.
pub(super) fn example_uid() -> String {
    URL_SAFE_NO_PAD.encode(examples::ID.to_string())
}

/// Returns the token that is sent in two parts: `uid` is the base64url of the account's id as text,
/// without padding, and `secret` is the rest.
pub(super) fn token(uid: &str, secret: &str) -> Result<MailToken, ApiError> {
    let id = URL_SAFE_NO_PAD.decode(uid.trim_end_matches('=')).ok();
    let id = id.and_then(|id| std::str::from_utf8(&id).ok()?.parse().ok());
    let token = id.and_then(|id| MailToken::of_parts(id, secret));
    token.ok_or(ApiError::LinkNotValid(MailTokenError::Unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_as_django_and_browsers_write_it() {
        // `urlsafe_base64_encode(force_bytes(pk))`, which for such ids is `btoa(id)` as well.
        let uid = "MDE5YWIwZjItN2MxZS03ZDNhLTlmNjQtMmI4YzVlMWE3ZDkw";
        assert_eq!(example_uid(), uid);
        let read = token(uid, SECRET).unwrap();
        assert_eq!(read.expose(), format!("{}.{SECRET}", examples::ID));
    }

    #[test]
    fn anything_else_is_an_unknown_link() {
        for (uid, secret) in
            [("", SECRET), ("MQ", SECRET), ("!", SECRET), ("_w", SECRET), (&example_uid(), "1")]
        {
            let outcome = token(uid, secret);
            assert!(
                matches!(outcome, Err(ApiError::LinkNotValid(MailTokenError::Unknown))),
                "{uid} {secret}"
            );
        }
    }
}
