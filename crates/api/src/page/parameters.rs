use sihha_domain::mail::{MailToken, MailTokenError};

use crate::problem::ApiError;

/// The parameters of a query or of a form. Of several with one name, the first is used.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `name=value&…`. Every text is a query, so it never fails.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Returns the value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Returns the token of a mail; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ApiError::LinkNotValid`] for any other text.
    pub(crate) fn token(&self) -> Result<Option<MailToken>, ApiError> {
        let Some(text) = self.get("token").filter(|text| !text.is_empty()) else { return Ok(None) };
        MailToken::parse(text).map(Some).ok_or(ApiError::LinkNotValid(MailTokenError::Unknown))
    }
}
