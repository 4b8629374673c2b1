use chrono::TimeDelta;
use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::Role;
use sihha_domain::password::{Credentials, Password, PasswordError, PasswordHash};
use sihha_domain::session::{LoginAttempt, Token, TokenError, TokenPair};
use sihha_domain::testing::{email, patient};
use unicode_normalization::UnicodeNormalization;

use crate::context::{Meanwhile, PASSWORD, TestContext, registration};

fn refusal(text: &str) -> Option<FieldError> {
    Password::parse(text).err()
}

fn exposed(text: &str) -> String {
    Password::parse(text).expect("accepted").expose().to_owned()
}

#[test]
fn every_password_of_the_contract_is_accepted() {
    for text in ["123456789", "12345678", "1234567891", "12345678910"] {
        assert_eq!(exposed(text), text);
    }
}

#[test]
fn a_password_has_8_to_128_characters_of_any_script() {
    for character in ["a", "é", "س", "漢", "🩺"] {
        assert_eq!(refusal(&character.repeat(7)), Some(FieldError::TooShort { min: 8 }), "{character}");
        assert_eq!(refusal(&character.repeat(8)), None, "{character}");
        assert_eq!(refusal(&character.repeat(128)), None, "{character}");
        assert_eq!(refusal(&character.repeat(129)), Some(FieldError::TooLong { max: 128 }), "{character}");
    }
}

#[test]
fn a_decomposed_accent_does_not_count_as_a_separate_character() {
    let apart = "e\u{301}";
    assert_eq!(refusal(&apart.repeat(7)), Some(FieldError::TooShort { min: 8 }));
    assert_eq!(refusal(&apart.repeat(128)), None);
}

#[test]
fn a_password_is_the_same_from_every_keyboard() {
    for text in ["crème brûlée", "الأمّة آمنة", "Ünïcødé çà"] {
        let (together, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
        assert_ne!(together, apart);
        assert_eq!(exposed(&apart), together);
        assert_eq!(Password::attempt(&apart).expect("accepted").expose(), together);
    }
}

#[test]
fn a_password_keeps_its_spaces_and_line_breaks() {
    for text in ["  salut  ", "        ", "\tun\ndeux\u{200b}"] {
        assert_eq!(exposed(text), text);
        assert_eq!(Password::attempt(text).expect("accepted").expose(), text);
    }
}

#[test]
fn every_kind_of_space_is_a_plain_space() {
    for space in ["\u{a0}", "\u{2002}", "\u{202f}", "\u{3000}", "\u{1680}"] {
        let text = format!("couscous{space}le vendredi");
        assert_eq!(exposed(&text), "couscous le vendredi", "{space:?}");
        assert_eq!(Password::attempt(&text).unwrap().expose_earlier().collect::<Vec<_>>(), [&text]);
    }
    let earlier =
        |text| Password::attempt(text).unwrap().expose_earlier().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(earlier("couscous le vendredi"), [""; 0]);
    assert_eq!(earlier("cre\u{300}me\u{a0}"), ["crème\u{a0}", "cre\u{300}me\u{a0}"]);
}

#[test]
fn a_login_may_try_a_password_of_any_length_but_not_an_empty_one() {
    for text in ["x", " ", &"x".repeat(129)] {
        assert_eq!(Password::attempt(text).expect("accepted").expose(), text);
    }
    assert_eq!(Password::attempt("").err(), Some(FieldError::Required));
    assert_eq!(refusal(""), Some(FieldError::Required));
}

proptest! {
    #[test]
    fn the_number_of_characters_is_the_only_rule_for_a_password(text in any::<Vec<char>>()) {
        let text: String = text.into_iter().collect();
        let is_space = |c: char| c.is_whitespace() && !c.is_control() && !"\u{2028}\u{2029}".contains(c);
        let composed: String = text.replace(is_space, " ").nfc().collect();
        let expected = match composed.chars().count() {
            0 => Err(FieldError::Required),
            1..8 => Err(FieldError::TooShort { min: 8 }),
            8..=128 => Ok(composed),
            _ => Err(FieldError::TooLong { max: 128 }),
        };
        prop_assert_eq!(Password::parse(&text).map(|password| password.expose().to_owned()), expected);
    }
}

#[test]
fn secrets_are_not_printed_with_the_values_that_contain_them() {
    const SECRET: &str = "Sésame-ouvre-toi";
    let password = || Password::parse(SECRET).expect("valid");
    let token = || Token::new(SECRET.to_owned());
    let hash = PasswordHash::new(SECRET.to_owned());
    let context = TestContext::new();
    let role = patient().role();
    let registration = || sihha_domain::account::Registration {
        password: password(),
        ..registration("amina@example.com", patient())
    };
    let registered = context.try_register(registration()).expect("registered");
    let signed = registered.tokens.access.expose().to_owned();
    let logged_in = context.log_in(role, "amina@example.com", SECRET).expect("logged in");
    let logged_in_with = logged_in.tokens.refresh.expose().to_owned();
    let attempt = LoginAttempt {
        role: Some(role),
        email: email("amina@example.com"),
        password: password(),
        client: sihha_domain::session::ClientInfo::default(),
    };
    let credentials = Credentials {
        id: logged_in.id,
        role,
        password: hash.clone(),
        is_approved: true,
        is_suspended: false,
        is_email_verified: false,
        sessions_not_before: None,
    };

    let tokens = TokenPair { access: token(), refresh: token(), expires_in: TimeDelta::minutes(5) };
    let printed = [
        format!("{:?} {:#?}", password(), password()),
        format!("{hash:?} {hash:#?}"),
        format!("{:?} {:#?}", token(), token()),
        format!("{tokens:?} {tokens:#?}"),
        format!("{:?}", registration()),
        format!("{registered:?}"),
        format!("{attempt:?}"),
        format!("{logged_in:?}"),
        format!("{credentials:?}"),
    ];
    for text in printed {
        for secret in [SECRET, &signed, &logged_in_with] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// Changes the password from a new session. `happens` runs while the current password is verified.
fn change_while(context: TestContext, happens: fn(&TestContext)) -> (TestContext, Result<(), PasswordError>) {
    let tokens = context.register("amina@example.com", patient()).tokens;
    let hasher = Meanwhile::checking(context, happens);
    let token = tokens.access.expose();
    let outcome =
        hasher.context.change_password_checked_by(hasher.clone(), token, PASSWORD, "the second one");
    (Meanwhile::done(hasher), outcome)
}

#[test]
fn the_first_of_two_simultaneous_password_changes_wins_and_revokes_the_other_session() {
    let (context, outcome) = change_while(TestContext::new(), |context| {
        let tokens = context.log_in(Role::Patient, "amina@example.com", PASSWORD).expect("logged in").tokens;
        context.change_password(tokens.access.expose(), PASSWORD, "the first one").expect("changed");
    });
    assert!(matches!(outcome, Err(PasswordError::Token(TokenError::SessionEnded))), "{outcome:?}");
    context.log_in(Role::Patient, "amina@example.com", "the first one").expect("the first change is kept");
}

#[test]
fn a_password_change_fails_if_its_session_is_revoked_meanwhile() {
    let (context, outcome) = change_while(TestContext::new(), |context| {
        let tokens = context.log_in(Role::Patient, "amina@example.com", PASSWORD).expect("logged in").tokens;
        let caller = context.authenticate(tokens.access.expose()).expect("good");
        context.use_cases().revoke_session.others(&caller).expect("ended");
    });
    assert!(matches!(outcome, Err(PasswordError::Token(TokenError::SessionEnded))), "{outcome:?}");
    context.log_in(Role::Patient, "amina@example.com", PASSWORD).expect("the password is unchanged");
}
