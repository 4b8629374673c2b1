use std::fmt;
use std::str::FromStr;

use sihha_domain::mail::{MailToken, TokenPurpose};
use url::Url;

/// The address of the pages that links open, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBase(String);

/// A text is not the address of a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as https://app.example.dz, without ? and #")]
pub struct InvalidUrlError;

impl FromStr for LinkBase {
    type Err = InvalidUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidUrlError)?;
        let is_page = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !is_page || !is_bare || url.password().is_some() {
            return Err(InvalidUrlError);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for LinkBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl LinkBase {
    /// Returns the link in which a reader uses the token.
    pub(crate) fn link(&self, purpose: TokenPurpose, token: &MailToken) -> String {
        let page = match purpose {
            TokenPurpose::VerifyEmail | TokenPurpose::ConfirmEmail => "verify-email",
            TokenPurpose::ResetPassword => "reset-password",
            TokenPurpose::RevertEmail => "revert-email",
        };
        format!("{self}/{page}?token={}", token.expose())
    }
}
