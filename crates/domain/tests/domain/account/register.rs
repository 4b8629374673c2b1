use std::sync::Arc;

use chrono::{DateTime, Timelike, Utc};
use sihha_domain::account::{AccountError, CarteId, Role, RoleDetails, UniqueField};
use sihha_domain::approval::Approval;
use sihha_domain::session::{Claims, SessionError, SigningError, Token, TokenError, TokenIssuer};
use sihha_domain::testing::{doctor, hospital, labo, patient, profile};

use crate::context::{LIFETIMES, NOW, PASSWORD, TestContext, registration};

fn holders() -> [RoleDetails; 4] {
    [patient(), doctor(), hospital(), labo()]
}

fn now() -> DateTime<Utc> {
    NOW.parse().expect("a time")
}

#[test]
fn a_patient_needs_no_approval_and_every_other_role_waits_for_it() {
    for details in holders() {
        let account = TestContext::new().register("amina@example.com", details).account;
        let waits = account.role() != Role::Patient;
        assert_eq!(account.approval, waits.then_some(Approval::Pending), "{:?}", account.role());
        assert_eq!(account.is_approved(), !waits, "{:?}", account.role());
    }
}

#[test]
fn an_account_has_the_sent_values_and_the_time_of_registration() {
    for details in holders() {
        let account = TestContext::new().register("Amina@example.com", details.clone()).account;
        assert_eq!(account.profile, profile("Amina@example.com"));
        assert_eq!(account.details, details);
        assert_eq!(account.registered_at, now());
        assert_eq!(account.id.as_uuid().get_version_num(), 7);
    }
}

#[test]
fn both_tokens_of_a_new_account_name_the_account() {
    for details in holders() {
        let context = TestContext::new();
        let registered = context.register("amina@example.com", details);
        let said = |token: &Token| context.issuer.verify(token.expose(), now()).expect("verified");
        let (access, refresh) = (said(&registered.tokens.access), said(&registered.tokens.refresh));
        assert_eq!((access.token_type(), refresh.token_type()), ("access", "refresh"));
        for claims in [access.common(), refresh.common()] {
            assert_eq!((claims.profile_id, claims.role), (registered.account.id, registered.account.role()));
        }
        assert_ne!(access.common().id, refresh.common().id);
    }
}

#[test]
fn tokens_are_issued_at_a_whole_second_and_expire_after_the_configured_lifetime() {
    let context = TestContext::new();
    let tokens = context.register("amina@example.com", patient()).tokens;
    for (token, life) in [(tokens.access, LIFETIMES.access), (tokens.refresh, LIFETIMES.idle.patient)] {
        let claims = context.issuer.verify(token.expose(), now()).unwrap();
        let claims = claims.common();
        assert_eq!(claims.issued_at, now().with_nanosecond(0).unwrap());
        assert_eq!(claims.expires_at - claims.issued_at, life);
        assert_eq!(claims.expires_at.timestamp_subsec_nanos(), 0);
    }
}

#[test]
fn a_patient_can_log_in_with_the_registered_password() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", patient()).account;
    assert_eq!(context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap().id, account.id);
}

#[test]
fn an_email_is_taken_for_every_role_regardless_of_case() {
    let context = TestContext::new();
    context.register("amina@example.com", patient());
    for details in holders() {
        for address in ["amina@example.com", "AMINA@Example.COM", "aMiNa@example.com"] {
            let mut second = registration(address, details.clone());
            second.profile.carte_id = CarteId::parse("another").unwrap();
            let outcome = context.try_register(second);
            assert!(
                matches!(outcome, Err(AccountError::Taken(UniqueField::Email))),
                "{address}: {outcome:?}"
            );
        }
    }
}

#[test]
fn a_card_number_is_taken_for_every_role() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", doctor()).account;
    for details in holders() {
        let mut second = registration("nadia@example.com", details);
        second.profile.carte_id = first.profile.carte_id.clone();
        let outcome = context.try_register(second);
        assert!(matches!(outcome, Err(AccountError::Taken(UniqueField::CarteId))), "{outcome:?}");
    }
}

#[test]
fn a_registration_with_a_taken_email_stores_nothing() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).account;
    let mut second = registration("AMINA@example.com", hospital());
    second.profile.carte_id = CarteId::parse("another").unwrap();
    context.try_register(second).expect_err("the e-mail is taken");

    assert_eq!(context.read(first.id).unwrap(), first, "the first account is unchanged");
    let mut third = registration("nadia@example.com", hospital());
    third.profile.carte_id = CarteId::parse("another").unwrap();
    context.try_register(third).expect("the card number is available");
}

#[test]
fn a_registration_with_a_taken_card_number_stores_nothing() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).account;
    let mut second = registration("nadia@example.com", patient());
    second.profile.carte_id = first.profile.carte_id;
    context.try_register(second).expect_err("the card number is taken");

    let outcome = context.log_in(Role::Patient, "nadia@example.com", PASSWORD);
    assert!(matches!(outcome, Err(SessionError::WrongCredentials)), "{outcome:?}");
    context.register("nadia@example.com", patient());
}

/// An issuer that cannot sign.
struct BrokenIssuer;

impl TokenIssuer for BrokenIssuer {
    fn issue(&self, _: &Claims) -> Result<Token, SigningError> {
        Err(SigningError)
    }

    fn verify(&self, _: &str, _: DateTime<Utc>) -> Result<Claims, TokenError> {
        Err(TokenError::BadSignature)
    }
}

#[test]
fn no_account_is_stored_if_its_tokens_cannot_be_signed() {
    let mut context = TestContext::with_issuer(Arc::new(BrokenIssuer));
    let outcome = context.try_register(registration("amina@example.com", patient()));
    assert!(matches!(outcome, Err(AccountError::Signing(SigningError))), "{outcome:?}");
    context.issuer = TestContext::new().issuer;
    context.register("amina@example.com", patient());
}

#[test]
fn a_taken_value_is_reported_by_the_name_of_its_field_in_the_contract() {
    for (field, name) in [(UniqueField::Email, "email"), (UniqueField::CarteId, "carte_id")] {
        assert_eq!(field.name(), name);
        assert_eq!(AccountError::Taken(field).to_string(), format!("{name} is already taken"));
    }
}
