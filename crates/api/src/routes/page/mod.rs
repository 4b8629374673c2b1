//! What the built-in pages show and do. Opening one uses no token: programs that check mail open its
//! links.

mod request_link;
pub(crate) mod reset_password;
pub(crate) mod revert_email;
pub(crate) mod verify_email;

use sihha_domain::mail::{MailToken, MailTokenError, StoredMailToken, TokenPurpose};
use sihha_domain::use_cases::UseCases;

use crate::app::App;
use crate::page::Parameters;
use crate::problem::ApiError;

/// Returns the token that must be given.
fn needed_token(parameters: &Parameters) -> Result<MailToken, ApiError> {
    parameters.token()?.ok_or(ApiError::LinkNotValid(MailTokenError::Unknown))
}

/// Returns what the token is about, if it can be used now for one of `purposes`.
async fn read_link(
    app: &App,
    token: &MailToken,
    purposes: &'static [TokenPurpose],
) -> Result<StoredMailToken, ApiError> {
    let (account, token) = (token.profile_id(), token.clone());
    let read = move |use_cases: &UseCases| use_cases.read_mail_link.run(&token, purposes);
    app.database(account, read).await?.map_err(ApiError::LinkNotValid)
}
