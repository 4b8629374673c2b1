use sihha_domain::account::{Account, AccountRef, Role};
use sihha_domain::approval::StaffRequest;
use sihha_domain::clock::Clock;
use sihha_domain::session::{LoggedIn, SessionError};
use sihha_domain::testing::{doctor, email, patient};

use crate::context::{Meanwhile, PASSWORD, TestContext, WRONG_PASSWORD, admin, rejection};
use crate::suspension::suspend;

/// Returns an approved account of each role.
fn approved() -> (TestContext, [Account; 4]) {
    let (context, accounts) = TestContext::with_all_roles();
    accounts[1..].iter().for_each(|account| drop(context.approve(account)));
    (context, accounts)
}

fn log_in(context: &TestContext, account: &Account, password: &str) -> Result<LoggedIn, SessionError> {
    context.log_in(account.role(), account.profile.email.as_str(), password)
}

#[track_caller]
fn assert_wrong_credentials(outcome: &Result<LoggedIn, SessionError>) {
    assert!(matches!(outcome, Err(SessionError::WrongCredentials)), "{outcome:?}");
}

#[track_caller]
fn assert_not_approved(outcome: &Result<LoggedIn, SessionError>) {
    assert!(matches!(outcome, Err(SessionError::NotApproved)), "{outcome:?}");
}

#[test]
fn an_approved_account_of_each_role_logs_in_and_gets_its_own_tokens() {
    let (context, accounts) = approved();
    for account in accounts {
        let logged_in = log_in(&context, &account, PASSWORD).unwrap();
        assert_eq!((logged_in.id, logged_in.role), (account.id, account.role()));
        let claims = context.authenticate(logged_in.tokens.access.expose()).unwrap();
        assert_eq!((claims.profile_id, claims.role), (account.id, account.role()));
        let refresh = context.issuer.verify(logged_in.tokens.refresh.expose(), context.clock.now()).unwrap();
        assert_eq!(refresh.token_type(), "refresh");
        let refresh = refresh.common();
        assert_eq!((refresh.profile_id, refresh.role), (account.id, account.role()));
    }
}

#[test]
fn a_login_without_a_role_is_one_to_the_account_of_any_role() {
    let (context, accounts) = approved();
    for account in accounts {
        let logged_in = context.log_in(None, account.profile.email.as_str(), PASSWORD).unwrap();
        assert_eq!((logged_in.id, logged_in.role), (account.id, account.role()));
    }
    assert_wrong_credentials(&context.log_in(None, "nobody@example.com", PASSWORD));
}

#[test]
fn each_login_gets_different_tokens() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    let [first, second] = [(); 2].map(|()| log_in(&context, &account, PASSWORD).unwrap().tokens);
    assert_ne!(first.access.expose(), second.access.expose());
    assert_ne!(first.refresh.expose(), second.refresh.expose());
}

#[test]
fn the_email_of_a_login_is_case_insensitive() {
    let context = TestContext::new();
    context.register("Amina@example.com", patient());
    for address in ["amina@example.com", "AMINA@EXAMPLE.COM"] {
        context.log_in(Role::Patient, address, PASSWORD).expect(address);
    }
}

#[test]
fn a_wrong_password_is_refused_for_every_role() {
    let (context, accounts) = approved();
    for account in accounts {
        for password in [WRONG_PASSWORD, "x", PASSWORD.trim_end_matches('1'), &format!("{PASSWORD} ")] {
            assert_wrong_credentials(&log_in(&context, &account, password));
        }
    }
}

#[test]
fn an_unknown_email_is_refused_like_a_wrong_password() {
    let (context, _) = approved();
    for role in Role::ALL {
        assert_wrong_credentials(&context.log_in(role, "nobody@example.com", PASSWORD));
    }
}

#[test]
fn a_login_as_another_role_is_refused_like_a_wrong_password() {
    let (context, accounts) = approved();
    for account in &accounts {
        for role in Role::ALL.into_iter().filter(|role| *role != account.role()) {
            assert_wrong_credentials(&context.log_in(role, account.profile.email.as_str(), PASSWORD));
        }
    }
}

#[test]
fn only_the_owner_of_a_pending_account_learns_that_it_is_pending() {
    let (context, [_, waiting @ ..]) = TestContext::with_all_roles();
    for account in waiting {
        assert_wrong_credentials(&log_in(&context, &account, WRONG_PASSWORD));
        let address = account.profile.email.as_str();
        assert_wrong_credentials(&context.log_in(Role::Patient, address, PASSWORD));
        assert_not_approved(&log_in(&context, &account, PASSWORD));
    }
}

#[test]
fn a_login_to_a_rejected_account_is_refused_as_not_approved() {
    let (context, [_, rejected @ ..]) = TestContext::with_all_roles();
    for account in rejected {
        context.reject(&account);
        assert_not_approved(&log_in(&context, &account, PASSWORD));
        assert_wrong_credentials(&log_in(&context, &account, WRONG_PASSWORD));
    }
}

#[test]
fn every_refused_login_costs_one_password_check() {
    let (context, [patient, doctor, ..]) = TestContext::with_all_roles();
    let attempts = [
        (Role::Patient, patient.profile.email.as_str(), WRONG_PASSWORD),
        (Role::Patient, "nobody@example.com", PASSWORD),
        (Role::Hospital, patient.profile.email.as_str(), PASSWORD),
        (Role::Doctor, doctor.profile.email.as_str(), PASSWORD),
    ];
    for (role, address, password) in attempts {
        let (hashed, verified) = context.hasher.counts();
        context.log_in(role, address, password).expect_err("refused");
        assert_eq!(context.hasher.counts(), (hashed, verified + 1), "{role:?} {address}");
    }
}

#[test]
fn an_outdated_hash_is_upgraded_once_by_the_next_login() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    context.hasher.change_parameters();
    let outdated = context.stored_hash("amina@example.com");

    log_in(&context, &account, PASSWORD).expect("an outdated hash still matches");
    let upgraded = context.stored_hash("amina@example.com");
    assert_ne!(upgraded.expose(), outdated.expose());

    let (hashed, _) = context.hasher.counts();
    log_in(&context, &account, PASSWORD).expect("the new hash matches");
    assert_eq!(context.hasher.counts().0, hashed, "an up-to-date hash is not replaced");
    assert_eq!(context.stored_hash("amina@example.com").expose(), upgraded.expose());
}

#[test]
fn a_login_does_not_change_an_up_to_date_hash() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    let (hashed, _) = context.hasher.counts();
    log_in(&context, &account, PASSWORD).unwrap();
    assert_eq!(context.hasher.counts().0, hashed);
}

#[test]
fn a_refused_login_upgrades_no_hash() {
    let context = TestContext::new();
    context.register("amina@example.com", patient());
    context.register("nadia@example.com", doctor());
    context.hasher.change_parameters();
    let outdated = ["amina@example.com", "nadia@example.com"].map(|address| context.stored_hash(address));

    let (hashed, _) = context.hasher.counts();
    context.log_in(Role::Patient, "amina@example.com", WRONG_PASSWORD).expect_err("a wrong password");
    context.log_in(Role::Doctor, "amina@example.com", PASSWORD).expect_err("another role");
    context.log_in(Role::Doctor, "nadia@example.com", PASSWORD).expect_err("a pending account");
    assert_eq!(context.hasher.counts().0, hashed);
    for (address, outdated) in ["amina@example.com", "nadia@example.com"].into_iter().zip(outdated) {
        assert_eq!(context.stored_hash(address).expose(), outdated.expose(), "{address}");
    }
}

/// Logs in to the account with [`PASSWORD`]. `happens` runs while the password is verified.
fn log_in_while(
    context: TestContext,
    account: &Account,
    happens: fn(&TestContext),
) -> (TestContext, Result<LoggedIn, SessionError>) {
    let hasher = Meanwhile::checking(context, happens);
    let (role, address) = (account.role(), account.profile.email.as_str());
    let outcome = hasher.context.log_in_checked_by(hasher.clone(), role, address, PASSWORD);
    (Meanwhile::done(hasher), outcome)
}

const NEW_PASSWORD: &str = "the new password";

/// Opens another session and changes the password from it, as the owner does.
fn change_password(context: &TestContext) {
    let tokens = context.log_in(Role::Patient, "amina@example.com", PASSWORD).expect("logged in").tokens;
    context.change_password(tokens.access.expose(), PASSWORD, NEW_PASSWORD).expect("changed");
}

#[test]
fn a_login_with_the_old_password_fails_if_the_password_changes_meanwhile() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    let (context, outcome) = log_in_while(context, &account, change_password);
    assert_wrong_credentials(&outcome);
    context.log_in(Role::Patient, "amina@example.com", NEW_PASSWORD).expect("the new password is correct");
    // The session that changed the password, and the session of this login.
    assert_eq!(context.live_sessions(account.id), 2);
}

#[test]
fn an_upgrade_of_the_old_hash_does_not_undo_a_simultaneous_password_change() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    context.hasher.change_parameters();
    let (context, outcome) = log_in_while(context, &account, change_password);
    assert_wrong_credentials(&outcome);
    context.log_in(Role::Patient, "amina@example.com", NEW_PASSWORD).expect("the new password is kept");
}

#[test]
fn two_simultaneous_logins_that_upgrade_the_hash_both_succeed() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    context.hasher.change_parameters();
    let (context, outcome) = log_in_while(context, &account, |context| {
        context.log_in(Role::Patient, "amina@example.com", PASSWORD).expect("logged in");
    });
    outcome.expect("the password is still correct");
    assert_eq!(context.live_sessions(account.id), 3, "one session of the registration and one of each login");
}

#[test]
fn a_login_fails_if_the_account_is_rejected_meanwhile() {
    let (context, [_, doctor, ..]) = approved();
    let (context, outcome) = log_in_while(context, &doctor, |context| {
        let (admin, account) = (admin(), AccountRef::Email(email("doctor@example.com")));
        let request = StaffRequest { caller: &admin, account, repeat: None };
        context.decide().reconsider(&request, &rejection("diplôme retiré")).expect("rejected");
    });
    assert_not_approved(&outcome);
    assert_eq!(context.live_sessions(doctor.id), 0);
}

#[test]
fn a_login_fails_if_the_account_is_suspended_meanwhile() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    let (context, outcome) =
        log_in_while(context, &account, |context| drop(suspend(context, "amina@example.com")));
    assert!(matches!(outcome, Err(SessionError::Suspended)), "{outcome:?}");
    assert_eq!(context.live_sessions(account.id), 0);
}
