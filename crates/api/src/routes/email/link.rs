//! Links of mails: their tokens in requests, and their accounts in the log.

use serde::Deserialize;
use sihha_domain::FieldError;
use sihha_domain::ids::ProfileId;
use sihha_domain::mail::{MailToken, MailTokenError};
use sihha_domain::session::ClientInfo;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Field, FieldReader};
use crate::middleware::note_account;
use crate::problem::ApiError;

/// An example of a token.
pub(crate) const EXAMPLE: &str = "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90.\
    5f1e0c6d9b7a48e3a2d4c8f6b1e09375d6a4f2c8e7b3190a5d8c6f4e2b1a0937";

/// The token of a mail's link.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LinkRequest {
    /// The text after `token=` in the link.
    #[schema(value_type = String, required = true, min_length = 1)]
    token: Field<String>,
}

impl LinkRequest {
    pub(crate) fn read(self) -> Result<MailToken, ApiError> {
        let mut reader = FieldReader::new();
        let text = reader.required("token", self.token, not_empty);
        parse(&reader.finish(text).map_err(ApiError::InvalidFields)?)
    }
}

/// Reads a text that must be given, whatever it is.
pub(crate) fn not_empty(text: &str) -> Result<String, FieldError> {
    if text.is_empty() { Err(FieldError::Required) } else { Ok(text.to_owned()) }
}

/// Parses a token. A text that no mail ever had gets the response to a token that is not known.
pub(crate) fn parse(text: &str) -> Result<MailToken, ApiError> {
    MailToken::parse(text).ok_or(ApiError::LinkNotValid(MailTokenError::Unknown))
}

/// Confirms an address with the token.
pub(crate) async fn verify(app: &App, token: MailToken, client: ClientInfo) -> Result<(), ApiError> {
    let account = token.profile_id();
    let outcome = app.database(account, move |use_cases| use_cases.verify_email.run(&token, &client)).await;
    note_account_of_link(account, &outcome);
    outcome.map(|_| ())
}

/// Notes the account that a token names for the log, if the token is one of that account.
pub(crate) fn note_account_of_link<T>(account: ProfileId, outcome: &Result<T, ApiError>) {
    let is_known = match outcome {
        Ok(_) | Err(ApiError::Taken(_)) => true,
        Err(ApiError::LinkNotValid(reason)) => *reason != MailTokenError::Unknown,
        Err(_) => false,
    };
    if is_known {
        note_account(account);
    }
}
