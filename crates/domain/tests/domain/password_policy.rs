//! Which new passwords are refused, wherever one is set.

use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::{AccountError, CarteId, Profile, Registration, Role, RoleDetails};
use sihha_domain::field::OwnerFact;
use sihha_domain::mail::TokenPurpose;
use sihha_domain::password::{Blocklist, OwnerFacts, Password, PasswordError, PasswordPolicy, PasswordReset};
use sihha_domain::session::ClientInfo;
use sihha_domain::staff::{
    ManagementRequest, NewStaff, Scope, StaffCaller, StaffDetails, StaffError, StaffPassword, StaffRef,
    StaffRole,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::testing::{doctor, email, hospital, labo, patient, profile};

use crate::context::{PASSWORD, TestContext, registration};

const ADDRESS: &str = "amina.b@example.com";
const COMMON: &str = "Password12345";

/// A list with [`COMMON`] alone.
struct Common;

impl Blocklist for Common {
    fn contains(&self, password: &Password) -> bool {
        password.expose().eq_ignore_ascii_case(COMMON)
    }
}

fn strict() -> TestContext {
    TestContext {
        password_policy: PasswordPolicy { blocklist: Some(Arc::new(Common)) },
        ..TestContext::new()
    }
}

fn password(text: &str) -> Password {
    Password::parse(text).expect("long enough")
}

/// Returns the fact that a policy without a list refuses.
fn fact(text: &str, details: &RoleDetails) -> Option<OwnerFact> {
    let carte_id = CarteId::parse("109900515042").expect("valid");
    let owner = OwnerFacts::of_account(&Profile { carte_id, ..profile(ADDRESS) }, details);
    match PasswordPolicy::default().check(&password(text), &owner) {
        Err(FieldError::PasswordTooSimilar { attribute, .. }) => Some(attribute),
        outcome => {
            assert_eq!(outcome, Ok(()), "{text}");
            None
        }
    }
}

#[track_caller]
fn assert_too_common(refused: &FieldError) {
    assert!(matches!(refused, FieldError::PasswordTooCommon { .. }), "{refused:?}");
}

#[test]
fn the_owners_address_card_and_telephone_are_refused_in_any_spelling() {
    for (text, expected) in [
        ("amina.b@example.com", OwnerFact::Email),
        ("AMINA.B@EXAMPLE.COM", OwnerFact::Email),
        (" amina b example com ", OwnerFact::Email),
        ("amina-b-", OwnerFact::Email),
        ("a.m.i.n.a b", OwnerFact::Email),
        ("1099 0051 5042", OwnerFact::Card),
        ("109900515042", OwnerFact::Card),
        ("0552987332", OwnerFact::Phone),
        ("0552 98 73 32", OwnerFact::Phone),
        ("+213 552-98-73-32", OwnerFact::Phone),
        ("00213552987332", OwnerFact::Phone),
        ("٠٥٥٢٩٨٧٣٣٢", OwnerFact::Phone),
    ] {
        let found = fact(text, &patient());
        assert_eq!(found, Some(expected), "{text}");
    }
}

#[test]
fn the_owners_name_is_refused_in_either_order_and_script() {
    let names = [
        (patient(), &["Bénabadji", "BÉNABADJI", "آمنة Bénabadji", "bénabadji-آمنة", "بن عبادجي"][..]),
        (doctor(), &["koulibaly", "Khalido Koulibaly", "KoulibalyKhalido", "كوليبالي", "خاليدو كوليبالي"]),
        (hospital(), &["مستشفى باب الوادي", "مستشفىبابالوادي"]),
        (labo(), &["fatma zohra laboratoire", "FatmaZohraLaboratoire", "مخبر فاطمة الزهراء"]),
    ];
    for (details, names) in names {
        for name in names {
            assert_eq!(fact(name, &details), Some(OwnerFact::Name), "{name}");
        }
    }
    assert_eq!(fact("021960606", &hospital()), Some(OwnerFact::Phone));
}

#[test]
fn only_whole_passwords_are_compared() {
    for text in ["Bénabadji 1990", "amina.b@example.org", "0552987333", "!!!!!!!!", "        ", PASSWORD] {
        assert_eq!(fact(text, &patient()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_letter_case_or_separator_hides_a_name(
        separators in prop::collection::vec(prop::sample::select(vec!["", " ", "-", ".", "_"]), 9),
        capitals in prop::collection::vec(any::<bool>(), 9),
    ) {
        let letters = "koulibaly".chars().zip(capitals).zip(separators);
        let text = letters
            .map(|((letter, capital), separator)| {
                let letter = if capital { letter.to_ascii_uppercase() } else { letter };
                format!("{letter}{separator}")
            })
            .collect::<Vec<_>>()
            .concat();
        prop_assert_eq!(fact(&text, &doctor()), Some(OwnerFact::Name));
    }

    #[test]
    fn a_policy_without_a_list_takes_any_password_that_is_no_fact(text in "[a-z]{20,60}[0-9]") {
        prop_assert_eq!(fact(&text, &patient()), None);
    }
}

#[test]
fn a_refusal_says_how_to_choose_a_better_password() {
    let owner = OwnerFacts::of_account(&profile(ADDRESS), &patient());
    let refused = strict().password_policy.check(&password("pAssword12345"), &owner);
    let Err(FieldError::PasswordTooCommon { advice }) = refused else { panic!("{refused:?}") };
    assert!(advice.score < 3 && !advice.suggestions.is_empty(), "{advice:?}");
    assert_eq!(advice.warning, Some("similar_to_common"));

    let refused = PasswordPolicy::default()
        .check(&password("koulibaly"), &OwnerFacts::of_account(&profile(ADDRESS), &doctor()));
    let Err(FieldError::PasswordTooSimilar { advice, .. }) = refused else { panic!("{refused:?}") };
    assert!(advice.score < 3 && advice.suggestions.contains(&"add_words"), "{advice:?}");
}

fn with_password(address: &str, text: &str) -> Registration {
    Registration { password: password(text), ..registration(address, patient()) }
}

#[test]
fn no_way_to_register_takes_a_refused_password_or_hashes_it() {
    let context = strict();
    let use_cases = context.use_cases();
    for text in [COMMON, "0552987332", "bénabadji"] {
        let registered = context.try_register(with_password(ADDRESS, text));
        assert!(matches!(registered, Err(AccountError::WeakPassword(_))), "{registered:?}");
        let hidden =
            use_cases.register_hidden.run(with_password(ADDRESS, text), &ClientInfo::default(), None);
        assert!(matches!(hidden, Err(AccountError::WeakPassword(_))), "{hidden:?}");
        let imported = use_cases.import_accounts.run(with_password(ADDRESS, text));
        assert!(matches!(imported, Err(AccountError::WeakPassword(_))), "{imported:?}");
    }
    assert_eq!(context.hasher.counts(), (0, 0));
    context.try_register(with_password(ADDRESS, PASSWORD)).expect("registered");
}

#[test]
fn a_password_on_record_keeps_working_when_the_list_grows() {
    let context = TestContext::new();
    context.try_register(with_password(ADDRESS, COMMON)).expect("registered");
    let strict = TestContext { password_policy: strict().password_policy, ..context };
    strict.log_in(Role::Patient, ADDRESS, COMMON).expect("logged in");
}

#[test]
fn a_change_is_refused_before_the_current_password_is_verified() {
    let context = strict();
    let tokens = context.register(ADDRESS, patient()).tokens;
    let before = context.hasher.counts();
    // More often than guesses are admitted.
    for _ in 0..10 {
        for new in [COMMON, "Amina.B@example.com"] {
            let refused = context.change_password(tokens.access.expose(), "not the current one", new);
            assert!(matches!(refused, Err(PasswordError::WeakPassword(_))), "{refused:?}");
        }
    }
    assert_eq!(context.hasher.counts(), before);
    context.change_password(tokens.access.expose(), PASSWORD, "the second one").expect("changed");
}

#[test]
fn a_refused_password_does_not_use_the_token_of_a_reset_up() {
    let context = strict();
    context.register(ADDRESS, patient());
    context.clock.advance(TimeDelta::hours(2));
    context.mail();
    let use_cases = context.use_cases();
    use_cases.request_mail.run(TokenPurpose::ResetPassword, email(ADDRESS)).expect("taken");
    while use_cases.answer_mail_requests.batch().expect("answered") > 0 {}
    let token = context.mail()[0].content.token().expect("a link").clone();
    let reset = |new: &str| {
        let reset = PasswordReset { token: token.clone(), new: password(new), client: ClientInfo::default() };
        use_cases.reset_password.run(&reset, &|| false)
    };
    // More often than guesses are admitted.
    for _ in 0..10 {
        match reset(COMMON) {
            Err(PasswordError::WeakPassword(refused)) => assert_too_common(&refused),
            other => panic!("{other:?}"),
        }
    }
    reset("the second one").expect("set");
    context.log_in(Role::Patient, ADDRESS, "the second one").expect("logged in");
}

#[test]
fn staff_get_no_refused_password_either() {
    let context = strict();
    let terminal = StaffCaller::at_terminal(StaffName::parse("root").expect("valid"));
    let create = |text: &str| {
        let new = NewStaff {
            email: email("leila.amrani@dsp-oran.dz"),
            details: StaffDetails {
                name: StaffName::parse("Leïla Amrani").expect("valid"),
                directorate: None,
                role: StaffRole::Reviewer,
                scope: Scope::default(),
            },
            password: StaffPassword::parse(text).expect("long enough"),
        };
        context.use_cases().create_staff.run(&ManagementRequest::once(&terminal), &new).map(drop)
    };
    let own = [COMMON, "leila.amrani@dsp-oran.dz", "LEILA AMRANI", "Amrani, Leïla"];
    for text in own {
        let refused = create(text);
        assert!(matches!(refused, Err(StaffError::WeakPassword(_))), "{text}: {refused:?}");
    }
    create("a long password of Leïla").expect("created");

    let member = StaffRef::Email(email("leila.amrani@dsp-oran.dz"));
    let reset = |text: &str| {
        let new = StaffPassword::parse(text).expect("long enough");
        let request = ManagementRequest::once(&terminal);
        context.use_cases().reset_staff_password.run(&request, &member, &new).map(drop)
    };
    for text in own {
        let refused = reset(text);
        assert!(matches!(refused, Err(StaffError::WeakPassword(_))), "{text}: {refused:?}");
    }
    reset("another long password").expect("replaced");
}
