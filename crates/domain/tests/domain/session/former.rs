use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sihha_domain::Error;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, TokenId};
use sihha_domain::session::{FormerToken, FormerTokenReader, TokenError};
use sihha_domain::testing::{doctor, patient};

use crate::world::{PASSWORD, World};

/// Reads the one token that it has, written `former`.
struct One(FormerToken);

impl FormerTokenReader for One {
    fn read(&self, token: &str) -> Option<FormerToken> {
        (token == "former").then_some(self.0)
    }
}

/// Someone logged in to the former backend at `issued_at`, for as long as it may.
fn log_in_formerly(world: &mut World, owner: ProfileId, issued_at: DateTime<Utc>) {
    let id = TokenId::parse("0123456789abcdef0123456789abcdef").unwrap();
    let expires_at = issued_at + TimeDelta::days(100);
    world.former = Some(Arc::new(One(FormerToken { id, user_id: owner, issued_at, expires_at })));
}

fn refused(world: &World) -> TokenError {
    match world.refresh("former") {
        Err(Error::TokenNotValid(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn now(world: &World) -> DateTime<Utc> {
    world.clock.now().trunc_subsecs(0)
}

#[test]
fn the_session_counts_from_the_former_login() {
    let mut world = World::new();
    let own = world.register("doctor@example.com", doctor());
    let issued_at = now(&world) - TimeDelta::hours(5);
    log_in_formerly(&mut world, own.account.id, issued_at);
    let mut newest = world.refresh("former").unwrap().refresh;
    let claims = world.issuer.verify(newest.expose(), now(&world)).unwrap();
    assert_eq!(claims.expires_at, issued_at + TimeDelta::hours(24), "a doctor's session lasts a day in all");
    world.clock.advance(TimeDelta::hours(18));
    newest = world.refresh(newest.expose()).unwrap().refresh;
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.refresh(newest.expose()).is_err(), "the day is over");
}

#[test]
fn a_token_is_taken_for_a_day_however_long_it_lives() {
    let mut world = World::new();
    let own = world.register("amina@example.com", patient());
    let issued_at = now(&world) - TimeDelta::hours(24);
    log_in_formerly(&mut world, own.account.id, issued_at);
    assert_eq!(refused(&world), TokenError::Expired);
    log_in_formerly(&mut world, own.account.id, issued_at + TimeDelta::seconds(1));
    let newest = world.refresh("former").unwrap().refresh;
    world.clock.advance(TimeDelta::hours(23));
    world.refresh(newest.expose()).expect("from here on it is a session like any other");
}

#[test]
fn the_log_can_tell_why_a_token_was_refused() {
    let mut world = World::new();
    let own = world.register("amina@example.com", patient());
    let now = now(&world);
    log_in_formerly(&mut world, own.account.id, now + TimeDelta::seconds(1));
    assert_eq!(refused(&world), TokenError::Malformed);
    let nobody = ProfileId::from_uuid(uuid::Uuid::nil());
    log_in_formerly(&mut world, nobody, now);
    assert_eq!(refused(&world), TokenError::SessionEnded);
    assert!(matches!(world.refresh("garbage"), Err(Error::TokenNotValid(TokenError::BadSignature))));
}

#[test]
fn a_session_that_is_taken_over_counts_as_any_other() {
    let mut world = World::new();
    let own = world.register("amina@example.com", patient());
    (1..100).for_each(|_| drop(world.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap()));
    let issued_at = now(&world) - TimeDelta::hours(5);
    log_in_formerly(&mut world, own.account.id, issued_at);
    world.refresh("former").unwrap();
    assert_eq!(world.live_sessions(own.account.id), 100);
    world.refresh("former").expect("it is the newest login, whatever its age, and stays");
    assert!(world.refresh(own.tokens.refresh.expose()).is_err(), "the oldest of the others made room");
}
