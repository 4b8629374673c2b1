//! The built-in pages: what the links of mails open if there is no front end for it.
//!
//! They need no script. Their errors are pages too, in the reader's language.

mod error;
mod parameters;
mod reader;
mod text;
mod view;

pub(crate) use error::error_response;
pub(crate) use parameters::Parameters;
pub(crate) use reader::Reader;
pub(crate) use text::PageText;
pub(crate) use view::{Confirm, Frame, Message, RequestLink, ResetPassword, respond};

/// A built-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Confirms an address.
    VerifyEmail,
    /// Sets a new password, and asks for the link that does it.
    ResetPassword,
    /// Takes back a change of the address.
    RevertEmail,
}

impl Page {
    const ALL: [Self; 3] = [Self::VerifyEmail, Self::ResetPassword, Self::RevertEmail];

    /// Returns the path of the page.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::VerifyEmail => "/verify-email",
            Self::ResetPassword => "/reset-password",
            Self::RevertEmail => "/revert-email",
        }
    }

    /// Returns the page at `path`, which may end with a slash.
    fn of_path(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        Self::ALL.into_iter().find(|page| page.path() == path)
    }
}
