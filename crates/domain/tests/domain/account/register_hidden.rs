use sihha_domain::account::{AccountError, CarteId, Registration};
use sihha_domain::idempotency::{ContentDigest, IdempotencyKey, IdempotentRequest};
use sihha_domain::mail::Template;
use sihha_domain::session::ClientInfo;
use sihha_domain::testing::{doctor, patient};

use crate::context::{PASSWORD, TestContext, registration};

fn register(
    context: &TestContext,
    registration: Registration,
    request: Option<&IdempotentRequest>,
) -> Result<(), AccountError> {
    context.use_cases().register_hidden.run(registration, &ClientInfo::default(), request)
}

/// Returns the addresses and the templates of the mails that were written since the last call.
fn subjects(context: &TestContext) -> Vec<(String, Template)> {
    let mails = context.mail();
    mails.iter().map(|mail| (mail.to.as_str().to_owned(), mail.content.template())).collect()
}

fn with_card(mut registration: Registration, card: &str) -> Registration {
    registration.profile.carte_id = CarteId::parse(card).expect("valid");
    registration
}

#[test]
fn a_new_account_has_no_session_and_gets_the_mail_that_confirms_its_address() {
    let context = TestContext::new();
    register(&context, registration("amina@example.com", patient()), None).unwrap();
    assert_eq!(subjects(&context), [("amina@example.com".to_owned(), Template::VerifyEmail)]);
    let id = context.log_in(None, "amina@example.com", PASSWORD).unwrap().id;
    assert_eq!(context.live_sessions(id), 1, "that of the login");
}

#[test]
fn the_owner_of_a_taken_address_gets_a_notice_and_the_account_stays_as_it_is() {
    let context = TestContext::new();
    let known = context.register("amina@example.com", patient()).account;
    context.mail();
    let again = with_card(registration("Amina@example.com", doctor()), "another");
    register(&context, again, None).unwrap();
    assert_eq!(subjects(&context), [("amina@example.com".to_owned(), Template::EmailTaken)]);
    assert_eq!(context.read(known.id).unwrap(), known);
}

#[test]
fn both_cases_hash_the_password_once_and_verify_none() {
    let context = TestContext::new();
    for card in ["first", "second"] {
        let before = context.hasher.counts();
        register(&context, with_card(registration("amina@example.com", patient()), card), None).unwrap();
        let after = context.hasher.counts();
        assert_eq!((after.0 - before.0, after.1 - before.1), (1, 0), "{card}");
    }
}

#[test]
fn a_card_number_does_not_show_whether_an_earlier_registration_added_an_account() {
    let context = TestContext::new();
    context.register("known@example.com", patient());
    for (address, card) in [("known@example.com", "a"), ("new@example.com", "b")] {
        for _ in 0..2 {
            register(&context, with_card(registration(address, patient()), card), None).unwrap();
        }
        let other = with_card(registration("prober@example.com", patient()), card);
        register(&context, other, None).unwrap();
    }
}

#[test]
fn notices_to_one_address_are_limited() {
    let context = TestContext::new();
    for number in 0..8 {
        let card = format!("card {number}");
        let wanted = with_card(registration("amina@example.com", patient()), &card);
        register(&context, wanted, None).unwrap();
    }
    let templates: Vec<_> = subjects(&context).into_iter().map(|(_, template)| template).collect();
    assert_eq!(templates, [Template::VerifyEmail, Template::EmailTaken], "one in an hour");
}

#[test]
fn a_repetition_by_the_same_request_sends_nothing() {
    let context = TestContext::new();
    let request = IdempotentRequest {
        key: IdempotencyKey::parse("k").expect("a key"),
        content: ContentDigest::of(b"amina"),
    };
    for _ in 0..2 {
        register(&context, registration("amina@example.com", patient()), Some(&request)).unwrap();
    }
    assert_eq!(subjects(&context).len(), 1);
}
