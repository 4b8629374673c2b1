use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountError, AccountRef, Role};
use sihha_domain::clock::Clock;
use sihha_domain::session::{EndReason, SessionError, TokenError};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::suspension::{Suspension, SuspensionError, SuspensionRequest};
use sihha_domain::testing::email;

use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD, reason};

fn by(name: &str, address: &str) -> SuspensionRequest<'static> {
    let account = AccountRef::Email(email(address));
    SuspensionRequest::once(account, StaffName::parse(name).expect("valid"))
}

pub(crate) fn suspend(context: &TestContext, address: &str) -> Suspension {
    let suspend = context.use_cases().suspend;
    let outcome = suspend.run(&by("Leïla", address), &reason("ordonnances falsifiées")).expect("suspended");
    outcome.done().expect("done now").suspension.expect("a suspension")
}

fn reinstate(context: &TestContext, address: &str) -> Option<Suspension> {
    let reinstate = context.use_cases().reinstate;
    reinstate.run(&by("Karim", address)).expect("reinstated").done().expect("done now").suspension
}

/// Returns an account of each role; staff have approved those that need it.
fn approved() -> (TestContext, [Account; 4]) {
    let (context, accounts) = TestContext::with_all_roles();
    accounts[1..].iter().for_each(|account| drop(context.approve(account)));
    (context, accounts)
}

#[test]
fn a_suspended_account_of_any_role_cannot_log_in_and_only_its_owner_learns_why() {
    let (context, accounts) = approved();
    for account in accounts {
        let (role, address) = (account.role(), account.profile.email.as_str());
        suspend(&context, address);
        let with_password = context.log_in(role, address, PASSWORD);
        assert!(matches!(with_password, Err(SessionError::Suspended)), "{with_password:?}");
        let other = if role == Role::Doctor { Role::Labo } else { Role::Doctor };
        for (role, password) in [(role, WRONG_PASSWORD), (other, PASSWORD)] {
            let (_, verified) = context.hasher.counts();
            let without_password = context.log_in(role, address, password);
            assert!(matches!(without_password, Err(SessionError::WrongCredentials)), "{without_password:?}");
            assert_eq!(context.hasher.counts().1, verified + 1);
        }
        reinstate(&context, address);
        context.log_in(role, address, PASSWORD).expect("reinstated");
    }
}

#[test]
fn a_suspension_revokes_all_sessions_permanently() {
    let (context, [patient, other, ..]) = approved();
    let address = patient.profile.email.as_str();
    let tokens = context.log_in(Role::Patient, address, PASSWORD).unwrap().tokens;
    context.log_in(Role::Doctor, other.profile.email.as_str(), PASSWORD).unwrap();
    let others = context.live_sessions(other.id);
    suspend(&context, address);
    assert_eq!((context.live_sessions(patient.id), context.live_sessions(other.id)), (0, others));
    reinstate(&context, address);
    let refreshed = context.refresh(tokens.refresh.expose()).err();
    assert_eq!(refreshed, Some(SessionError::Token(TokenError::SessionEnded)));
    let read = context.read_own(tokens.access.expose()).err();
    assert_eq!(read, Some(AccountError::Token(TokenError::SessionEnded)));
    let ended =
        context.store.autocommit().unwrap().sessions().ended(patient.id, context.clock.now(), 9).unwrap();
    assert!(ended.len() == 2 && ended.iter().all(|ended| ended.reason == EndReason::Suspended), "{ended:?}");
}

#[test]
fn a_repeated_suspension_or_reinstatement_changes_nothing() {
    let (context, [patient, ..]) = approved();
    let address = patient.profile.email.as_str();
    assert_eq!(reinstate(&context, address), None, "it was never suspended");
    let first = suspend(&context, address);
    assert_eq!((first.at, first.by.as_str()), (context.clock.now(), "Leïla"));
    context.clock.advance(TimeDelta::days(1));
    assert_eq!(suspend(&context, &address.to_uppercase()), first);

    let reinstatement = reinstate(&context, address).and_then(|last| last.reinstatement).expect("reinstated");
    assert_eq!((reinstatement.at, reinstatement.by.as_str()), (context.clock.now(), "Karim"));
    context.clock.advance(TimeDelta::days(1));
    assert_eq!(reinstate(&context, address).and_then(|last| last.reinstatement), Some(reinstatement));
    assert_eq!(suspend(&context, address).at, context.clock.now(), "a new suspension");
}

#[test]
fn an_unknown_email_is_an_unknown_account() {
    let (context, _) = approved();
    let nobody = by("Leïla", "nobody@example.com");
    let outcome = context.use_cases().suspend.run(&nobody, &reason("x"));
    assert!(matches!(outcome, Err(SuspensionError::UnknownAccount)), "{outcome:?}");
    let outcome = context.use_cases().reinstate.run(&nobody);
    assert!(matches!(outcome, Err(SuspensionError::UnknownAccount)), "{outcome:?}");
}
