use sihha_domain::account::AccountError;
use sihha_domain::session::TokenError;
use sihha_domain::testing::{doctor, hospital, labo, patient};

use crate::context::TestContext;

#[test]
fn an_account_of_each_role_is_read_as_it_was_registered() {
    let context = TestContext::new();
    for (email, details) in [
        ("patient@example.com", patient()),
        ("doctor@example.com", doctor()),
        ("hospital@example.com", hospital()),
        ("labo@example.com", labo()),
    ] {
        let registered = context.register(email, details);
        assert_eq!(context.read_own(registered.tokens.access.expose()).unwrap(), registered.account);
    }
}

#[test]
fn an_access_token_of_an_ended_session_reads_nothing() {
    let context = TestContext::new();
    let tokens = context.register("patient@example.com", patient()).tokens;
    context.log_out(tokens.refresh.expose());
    let outcome = context.read_own(tokens.access.expose());
    assert!(matches!(outcome, Err(AccountError::Token(TokenError::SessionEnded))), "{outcome:?}");
}
