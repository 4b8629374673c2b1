use validator::ValidateUrl;

use crate::field::{FieldError, Format};
use crate::text;

/// The URL of the profile picture: absolute, `http` or `https`. Front ends put it into pages, so
/// other schemes are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUrl(String);

impl ImageUrl {
    /// Maximum number of characters.
    pub const MAX: usize = 2048;

    /// Parses a URL.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text::formatted(text, Self::MAX)?;
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if matches!(scheme.as_str(), "http" | "https") && text.validate_url() {
            Ok(Self(text))
        } else {
            Err(FieldError::Malformed { format: Format::Url })
        }
    }

    /// Returns a stored URL as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the URL as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
