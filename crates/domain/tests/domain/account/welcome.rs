//! What a registration sends and records besides the account.

use std::sync::Arc;

use sihha_domain::clock::Clock as _;
use sihha_domain::language::Language;
use sihha_domain::mail::{Outbox, Template, TokenPurpose};
use sihha_domain::secret_box::NoSecretKey;
use sihha_domain::session::{ClientInfo, Device};
use sihha_domain::store::Store as _;
use sihha_domain::testing::{email, patient};

use crate::context::{TestContext, registration};

#[test]
fn a_new_account_gets_a_mail_in_its_language_whose_link_confirms_the_address() {
    let context = TestContext::new();
    let mut wanted = registration("amina@example.com", patient());
    wanted.profile.language = Language::Arabic;
    let account = context.try_register(wanted).unwrap().account;
    assert_eq!(account.email_verified_at, None);
    let mails = context.mail();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.content.template(), Template::VerifyEmail);
    assert_eq!((mail.to.as_str(), mail.language), ("amina@example.com", Language::Arabic));
    context.use_cases().verify_email.run(mail.content.token().unwrap(), &ClientInfo::default()).unwrap();
    let verified = context.read(account.id).unwrap();
    assert_eq!(verified.email_verified_at, Some(context.clock.now()));
}

#[test]
fn the_first_mail_counts_for_the_limit_of_its_address() {
    let context = TestContext::new();
    context.register("amina@example.com", patient());
    let key = Outbox::rate_key(&email("Amina@example.com"));
    let take = || {
        let now = context.clock.now();
        context.store.autocommit().unwrap().rate_limits().take(&key, Outbox::MAILS, now).unwrap()
    };
    let taken: Vec<bool> = (0..5).map(|_| take()).collect();
    assert_eq!(taken, [true, true, true, true, false]);
}

#[test]
fn the_device_of_a_registration_is_known() {
    let context = TestContext::new();
    let id = context.register("amina@example.com", patient()).account.id;
    let device = Device::default().digest();
    let seen = context.store.autocommit().unwrap().devices().find(id, device).unwrap();
    assert_eq!(seen.seen_at, Some(context.clock.now()));
}

#[test]
fn without_a_secret_key_an_account_is_registered_and_nothing_is_sent() {
    let context = TestContext { secret_box: Arc::new(NoSecretKey), ..TestContext::new() };
    let id = context.register("amina@example.com", patient()).account.id;
    assert!(context.mail().is_empty());
    let mut store = context.store.autocommit().unwrap();
    assert_eq!(store.mail_tokens().newest(id, TokenPurpose::VerifyEmail).unwrap(), None);
}

#[test]
fn a_refused_registration_and_an_import_send_nothing() {
    let context = TestContext::new();
    context.register("amina@example.com", patient());
    assert_eq!(context.mail().len(), 1);
    context.try_register(registration("amina@example.com", patient())).expect_err("taken");
    context.use_cases().import_accounts.run(registration("nadia@example.com", patient())).unwrap();
    assert!(context.mail().is_empty());
}
