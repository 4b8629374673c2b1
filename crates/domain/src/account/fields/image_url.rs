use validator::ValidateUrl;

use crate::field::{FieldError, Format};
use crate::text;

/// Where the profile picture is: an absolute `http` or `https` URL. No other scheme, as front ends put it
/// into pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUrl(String);

impl ImageUrl {
    /// Greatest number of characters.
    pub const MAX: usize = 2048;

    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text::formatted(text, Self::MAX)?;
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if matches!(scheme.as_str(), "http" | "https") && text.validate_url() {
            Ok(Self(text))
        } else {
            Err(FieldError::Malformed { format: Format::Url })
        }
    }

    /// The URL as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The URL as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
