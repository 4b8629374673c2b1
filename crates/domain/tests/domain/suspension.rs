use chrono::TimeDelta;
use sihha_domain::Error;
use sihha_domain::account::{Account, AccountRef, Role};
use sihha_domain::approval::DeciderName;
use sihha_domain::clock::Clock;
use sihha_domain::session::{EndReason, TokenError};
use sihha_domain::store::Store;
use sihha_domain::suspension::{Reinstate, Suspend, Suspension, SuspensionRequest};
use sihha_domain::testing::email;

use crate::world::{PASSWORD, WRONG_PASSWORD, World, reason};

fn by(name: &str, address: &str) -> SuspensionRequest {
    let account = AccountRef::Email(email(address));
    SuspensionRequest { account, by: DeciderName::parse(name).expect("valid") }
}

pub(crate) fn suspend(world: &World, address: &str) -> Suspension {
    let randomness = world.randomness.clone();
    let suspend = Suspend { store: world.store.clone(), clock: world.clock.clone(), randomness };
    let standing = suspend.run(&by("Leïla", address), &reason("ordonnances falsifiées")).expect("suspended");
    standing.suspension.expect("a suspension")
}

fn reinstate(world: &World, address: &str) -> Option<Suspension> {
    let reinstate = Reinstate { store: world.store.clone(), clock: world.clock.clone() };
    reinstate.run(&by("Karim", address)).expect("reinstated").suspension
}

/// An account of each role, each approved that needs it.
fn approved() -> (World, [Account; 4]) {
    let (world, accounts) = World::with_all_roles();
    accounts[1..].iter().for_each(|account| drop(world.approve(account)));
    (world, accounts)
}

#[test]
fn an_account_of_any_role_is_kept_out_and_only_its_owner_is_told() {
    let (world, accounts) = approved();
    for account in accounts {
        let (role, address) = (account.role(), account.profile.email.as_str());
        suspend(&world, address);
        let told = world.log_in(role, address, PASSWORD);
        assert!(matches!(told, Err(Error::AccountSuspended)), "{told:?}");
        let other = if role == Role::Doctor { Role::Labo } else { Role::Doctor };
        for (role, password) in [(role, WRONG_PASSWORD), (other, PASSWORD)] {
            let (_, verified) = world.hasher.counts();
            let not_told = world.log_in(role, address, password);
            assert!(matches!(not_told, Err(Error::WrongCredentials)), "{not_told:?}");
            assert_eq!(world.hasher.counts().1, verified + 1);
        }
        reinstate(&world, address);
        world.log_in(role, address, PASSWORD).expect("let in again");
    }
}

#[test]
fn all_sessions_end_at_once_and_stay_ended() {
    let (world, [patient, other, ..]) = approved();
    let address = patient.profile.email.as_str();
    let tokens = world.log_in(Role::Patient, address, PASSWORD).unwrap().tokens;
    world.log_in(Role::Doctor, other.profile.email.as_str(), PASSWORD).unwrap();
    let others = world.live_sessions(other.id);
    suspend(&world, address);
    assert_eq!((world.live_sessions(patient.id), world.live_sessions(other.id)), (0, others));
    reinstate(&world, address);
    for outcome in
        [world.refresh(tokens.refresh.expose()).err(), world.read_own(tokens.access.expose()).err()]
    {
        assert!(matches!(outcome, Some(Error::TokenNotValid(TokenError::SessionEnded))), "{outcome:?}");
    }
    let ended = world.store.autocommit().unwrap().sessions().ended(patient.id, world.clock.now(), 9).unwrap();
    assert!(ended.len() == 2 && ended.iter().all(|ended| ended.reason == EndReason::Suspended), "{ended:?}");
}

#[test]
fn suspending_once_more_changes_nothing_and_so_does_reinstating() {
    let (world, [patient, ..]) = approved();
    let address = patient.profile.email.as_str();
    assert_eq!(reinstate(&world, address), None, "it was never suspended");
    let first = suspend(&world, address);
    assert_eq!((first.at, first.by.as_str()), (world.clock.now(), "Leïla"));
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(suspend(&world, &address.to_uppercase()), first);

    let lifted = reinstate(&world, address).and_then(|last| last.lifted).expect("lifted");
    assert_eq!((lifted.at, lifted.by.as_str()), (world.clock.now(), "Karim"));
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(reinstate(&world, address).and_then(|last| last.lifted), Some(lifted));
    assert_eq!(suspend(&world, address).at, world.clock.now(), "a new one");
}

#[test]
fn an_email_of_nobody_is_an_unknown_account() {
    let (world, _) = approved();
    let (store, clock, randomness) = (world.store.clone(), world.clock.clone(), world.randomness.clone());
    let nobody = by("Leïla", "nobody@example.com");
    let outcome =
        Suspend { store: store.clone(), clock: clock.clone(), randomness }.run(&nobody, &reason("x"));
    assert!(matches!(outcome, Err(Error::UnknownAccount)), "{outcome:?}");
    let outcome = Reinstate { store, clock }.run(&nobody);
    assert!(matches!(outcome, Err(Error::UnknownAccount)), "{outcome:?}");
}
