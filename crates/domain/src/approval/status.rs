use std::sync::Arc;

use crate::account::Account;
use crate::session::{LoginAttempt, PasswordChecker, RefusedLogin, SessionIssuer, Token};
use crate::store::Store;

/// An account whose owner asked what became of its application.
#[derive(Debug)]
pub struct CheckedApplication {
    /// The account, with what is in force.
    pub account: Account,
    /// A token that opens the application; `None` for an account that may log in.
    pub access: Option<Token>,
}

/// Tells applicants who may not log in what became of their applications.
pub struct CheckApplication {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Checks the password.
    pub checker: PasswordChecker,
    /// Issues the token.
    pub session_issuer: Arc<SessionIssuer>,
}

impl CheckApplication {
    /// Checks the password as a login does. Opens a session for an account that may not log in, so
    /// that whatever revokes sessions ends the access to the application as well.
    ///
    /// `client_has_gone` is called before each expensive step.
    ///
    /// # Errors
    ///
    /// Those of [`Login::run`](crate::session::Login::run), except that the account need not be
    /// approved.
    pub fn run(
        &self,
        attempt: &LoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<CheckedApplication, RefusedLogin> {
        self.checker.run(attempt, client_has_gone, |check, known| {
            check.upgrade(known)?;
            let Some(account) = self.store.autocommit()?.accounts().find(known.id)? else {
                return Ok(None);
            };
            if account.is_approved() {
                return Ok(Some(CheckedApplication { account, access: None }));
            }
            let (session, access) =
                self.session_issuer.application_session((&account).into(), attempt.client.clone())?;
            let mut store = self.store.autocommit()?;
            let is_open = session.insert_unless_revoked(&mut *store, known.sessions_not_before)?;
            Ok(is_open.then_some(CheckedApplication { account, access: Some(access) }))
        })
    }
}
