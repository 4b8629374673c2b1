use sihha_domain::Error;
use sihha_domain::session::TokenError;
use sihha_domain::testing::{doctor, hospital, labo, patient};

use crate::world::World;

#[test]
fn an_account_of_each_role_reads_back_as_it_was_registered() {
    let world = World::new();
    for (email, holder) in [
        ("patient@example.com", patient()),
        ("doctor@example.com", doctor()),
        ("hospital@example.com", hospital()),
        ("labo@example.com", labo()),
    ] {
        let registered = world.register(email, holder);
        assert_eq!(world.read_own(registered.tokens.access.expose()).unwrap(), registered.account);
    }
}

#[test]
fn an_access_token_opens_nothing_once_its_session_has_ended() {
    let world = World::new();
    let tokens = world.register("patient@example.com", patient()).tokens;
    world.log_out(tokens.refresh.expose());
    let outcome = world.read_own(tokens.access.expose());
    assert!(matches!(outcome, Err(Error::TokenNotValid(TokenError::SessionEnded))), "{outcome:?}");
}
