use validator::ValidateUrl;

use crate::field::{FieldError, Format};
use crate::text::{Rule, Text, formatted};

/// The URL of the profile picture: absolute, `http` or `https`. Front ends put it into pages, so
/// other schemes are refused.
pub type ImageUrl = Text<ImageUrlRule>;

/// The rule of an [`ImageUrl`].
pub enum ImageUrlRule {}

impl Rule for ImageUrlRule {
    const MAX: usize = 2048;

    fn read(text: &str) -> Result<String, FieldError> {
        let text = formatted(text, Self::MAX)?;
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if matches!(scheme.as_str(), "http" | "https") && text.validate_url() {
            Ok(text)
        } else {
            Err(FieldError::Malformed { format: Format::Url })
        }
    }
}
