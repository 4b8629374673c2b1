//! The newtypes of the domain. What is accepted keeps its rule, and is read again as it was printed.

use std::fmt::Debug;

use sihha_domain::FieldError;
use sihha_domain::account::{
    Address, ArabicOrganisationName, ArabicPersonName, Bio, BirthDate, BloodType, CarteId, EmailAddress,
    FacilityType, Gender, ImageUrl, OrganisationName, PersonName, PhoneNumber, Role, Specialite,
};
use sihha_domain::approval::RejectionReason;
use sihha_domain::idempotency::IdempotencyKey;
use sihha_domain::identifier::{Identifier, IdentifierSystem};
use sihha_domain::ids::{ProfileId, TokenId};
use sihha_domain::language::Language;
use sihha_domain::mail::MailToken;
use sihha_domain::password::Password;
use sihha_domain::place::{Commune, Wilaya};
use sihha_domain::reason::Reason;
use sihha_domain::session::{ClientInfo, TokenScope, UserAgent};
use sihha_domain::staff::{StaffPassword, StaffRole};
use sihha_domain::staff_name::StaffName;
use sihha_domain::text::{Rule, Text, printable};

use crate::TODAY;

pub(crate) fn run(data: &[u8]) {
    let input = String::from_utf8_lossy(data);
    texts(&input);
    dates(&input);
    identifiers(&input);
    passwords(&input);
    ids(&input);
    clients(&input);
}

fn texts(input: &str) {
    let one_line = |text: &str| assert!(!text.contains(char::is_control), "{text:?}");
    let lines = |text: &str| {
        assert!(!text.contains(|c: char| c.is_control() && !"\n\r\t".contains(c)), "{text:?}");
    };
    text(input, PersonName::parse, one_line);
    text(input, ArabicPersonName::parse, one_line);
    text(input, OrganisationName::parse, one_line);
    text(input, ArabicOrganisationName::parse, one_line);
    text(input, StaffName::parse, one_line);
    text(input, Address::parse, lines);
    text(input, Bio::parse, lines);
    text(input, Reason::parse, lines);
    text(input, CarteId::parse, one_line);
    text(input, ImageUrl::parse, |url| assert!(url.to_ascii_lowercase().starts_with("http")));
    text(input, PhoneNumber::parse, |number| {
        assert!(number.chars().all(|c| c.is_numeric() || " +-.()/#*".contains(c)), "{number:?}");
        let key = PhoneNumber::on_record(number.to_owned()).key();
        assert!(key.bytes().all(|byte| byte.is_ascii_digit()), "{key:?}");
    });
    text(input, EmailAddress::parse, |address| {
        let (local, domain) = address.rsplit_once('@').expect("an @");
        assert!(local.is_ascii() && domain.contains('.'), "{address:?}");
        assert!(!address.contains(|c: char| c.is_whitespace() || c.is_control()), "{address:?}");
        // What can be registered can log in.
        let attempt = EmailAddress::attempt(address).expect("an address for a login");
        assert_eq!(attempt.as_str(), address);
    });
    text(input, BloodType::parse, |text| assert!(BloodType::ALL.contains(&text)));
    text(input, Gender::parse, |text| assert!(Gender::ALL.contains(&text)));
    text(input, FacilityType::parse, |text| assert!(FacilityType::ALL.contains(&text)));
    text(input, Specialite::parse, |text| assert!(Specialite::ALL.contains(&text)));
    text(input, RejectionReason::parse, |text| {
        assert!(RejectionReason::entries().iter().any(|entry| entry.code == text));
    });
    text(input, Wilaya::parse, one_line);
    text(input, Commune::parse, one_line);
    if let Ok(address) = EmailAddress::attempt(input) {
        assert_eq!(
            EmailAddress::attempt(address.as_str()).map(|again| again.canonical()),
            Ok(address.canonical())
        );
    }
    assert!(!printable(input).contains(['\n', '\r', '\u{1b}', '\u{202e}']));
}

/// Checks a text with a rule, and what `keeps_rule` asserts of each accepted one.
fn text<R: Rule>(input: &str, parse: fn(&str) -> Result<Text<R>, FieldError>, keeps_rule: impl Fn(&str)) {
    let Ok(accepted) = parse(input) else { return };
    let printed = accepted.as_str();
    assert!(!printed.is_empty() && printed.chars().nth(R::MAX).is_none(), "{printed:?}");
    assert_eq!(printed.trim(), printed, "white space at an end");
    keeps_rule(printed);
    let again = parse(printed);
    assert_eq!(again.as_ref().map(Text::as_str), Ok(printed), "of {input:?}");
    let canonical = accepted.canonical();
    assert_eq!(R::canonical(&canonical), canonical, "of {input:?}");
}

fn dates(input: &str) {
    let Ok(date) = BirthDate::parse(input, TODAY) else { return };
    assert!(date.first_day() <= TODAY && date.range().contains(&date.first_day()));
    assert_same(&BirthDate::parse(&date.to_string(), TODAY), &date);
    assert_eq!(BirthDate::on_record(date.first_day(), date.presumed()), date);
}

fn identifiers(input: &str) {
    for system in IdentifierSystem::ALL {
        let Ok(identifier) = Identifier::parse(system, input) else { continue };
        let (_, min, max) = system.rule();
        let length = identifier.key().chars().count();
        assert!((min..=max).contains(&length) && identifier.value().chars().count() <= Identifier::MAX);
        let key = identifier.key();
        assert_eq!(Identifier::on_record(system, key.clone()).key(), key);
        assert_same(&Identifier::parse(system, identifier.value()), &identifier);
    }
}

fn passwords(input: &str) {
    let Ok(password) = Password::parse(input) else { return };
    let length = password.expose().chars().count();
    assert!((Password::MIN..=Password::MAX).contains(&length));
    assert_eq!(
        Password::parse(password.expose()).map(|again| again.expose().to_owned()),
        Ok(password.expose().to_owned())
    );
    assert_eq!(StaffPassword::parse(input).is_ok(), length >= StaffPassword::MIN);
    // A new password logs in.
    assert_eq!(
        Password::attempt(input).map(|attempt| attempt.expose().to_owned()),
        Ok(password.expose().to_owned())
    );
}

fn ids(input: &str) {
    if let Some(id) = TokenId::parse(input) {
        assert_eq!(id.to_string(), input);
    }
    if let Ok(id) = input.parse::<ProfileId>() {
        assert_same(&id.to_string().parse(), &id);
    }
    if let Some(token) = MailToken::parse(input) {
        let again = MailToken::parse(&token.expose()).expect("a token");
        assert_eq!((again.profile_id(), again.digest()), (token.profile_id(), token.digest()));
        assert!(input.contains(token.expose_secret()), "another secret than the text has");
    }
    if let Some(key) = IdempotencyKey::parse(input) {
        assert!(input.len() <= IdempotencyKey::MAX && input.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(IdempotencyKey::parse(input), Some(key));
    }
    if let Some(role) = Role::parse(input) {
        assert_eq!(role.as_str(), input);
    }
    if let Some(role) = StaffRole::parse(input) {
        assert_eq!(role.as_str(), input);
    }
    if let Some(scope) = TokenScope::parse(input) {
        assert_eq!(scope.as_str(), input);
    }
    if let Ok(language) = Language::parse(input) {
        assert_eq!(language.tag(), input.trim());
    }
}

fn clients(input: &str) {
    let agent = UserAgent::from_header(input);
    if let Some(agent) = &agent {
        assert!(
            agent.as_str().chars().count() <= UserAgent::MAX && !agent.as_str().contains(char::is_control)
        );
        assert_eq!(UserAgent::from_header(agent.as_str()).as_ref(), Some(agent));
    }
    let _ = ClientInfo { address: None, user_agent: agent }.device().digest();
}

#[track_caller]
fn assert_same<T: PartialEq + Debug, E: PartialEq + Debug>(again: &Result<T, E>, first: &T) {
    assert_eq!(again.as_ref(), Ok(first), "what was printed is read otherwise");
}
