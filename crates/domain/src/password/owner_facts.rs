use unicode_normalization::UnicodeNormalization;

use super::Password;
use crate::account::{EmailAddress, PhoneNumber, Profile, RoleDetails};
use crate::field::OwnerFact;
use crate::staff_name::StaffName;
use crate::text::characters::ascii_digit;

/// What others may know about the owner of a password, so that it must not be the password.
pub struct OwnerFacts(Vec<(OwnerFact, String)>);

impl OwnerFacts {
    /// Returns the facts about the owner of an account.
    #[must_use]
    pub fn of_account(profile: &Profile, details: &RoleDetails) -> Self {
        let mut facts = Self::of_email(&profile.email);
        facts.add(OwnerFact::Card, profile.carte_id.as_str());
        let own = profile.numero_tel.as_ref();
        let organisation = match details {
            RoleDetails::Patient(patient) => {
                facts.add_names(&[patient.first_name.as_str(), patient.last_name.as_str()]);
                let arabic = [patient.first_name_ar.as_ref(), patient.last_name_ar.as_ref()];
                facts.add_names(&arabic.map(|name| name.map_or("", AsRef::as_ref)));
                None
            }
            RoleDetails::Doctor(doctor) => {
                facts.add_names(&[doctor.first_name.as_str(), doctor.last_name.as_str()]);
                let arabic = [doctor.first_name_ar.as_ref(), doctor.last_name_ar.as_ref()];
                facts.add_names(&arabic.map(|name| name.map_or("", AsRef::as_ref)));
                None
            }
            RoleDetails::Hospital(hospital) => {
                facts.add(OwnerFact::Name, hospital.name.as_str());
                facts.add(OwnerFact::Name, hospital.name_ar.as_ref().map_or("", AsRef::as_ref));
                Some(&hospital.number)
            }
            RoleDetails::Labo(labo) => {
                facts.add(OwnerFact::Name, labo.name.as_str());
                facts.add(OwnerFact::Name, labo.name_ar.as_ref().map_or("", AsRef::as_ref));
                Some(&labo.number)
            }
        };
        for number in own.into_iter().chain(organisation) {
            facts.add(OwnerFact::Phone, number.as_str());
        }
        facts
    }

    /// Returns the facts about a member of staff.
    #[must_use]
    pub fn of_staff(email: &EmailAddress, name: &StaffName) -> Self {
        let mut facts = Self::of_email(email);
        facts.add_names(&name.as_str().split_whitespace().collect::<Vec<_>>());
        facts
    }

    fn of_email(email: &EmailAddress) -> Self {
        let mut facts = Self(Vec::new());
        facts.add(OwnerFact::Email, email.as_str());
        let local = email.as_str().rsplit_once('@').map_or("", |(local, _)| local);
        facts.add(OwnerFact::Email, local);
        facts
    }

    fn add(&mut self, fact: OwnerFact, text: &str) {
        self.0.push((fact, text.to_owned()));
    }

    /// Adds the parts of a name, and all of them in both orders.
    fn add_names(&mut self, parts: &[&str]) {
        let reversed: Vec<_> = parts.iter().rev().copied().collect();
        for name in parts.iter().copied().map(str::to_owned).chain([parts.join(" "), reversed.join(" ")]) {
            self.0.push((OwnerFact::Name, name));
        }
    }

    /// Returns the fact that the password is.
    pub(super) fn find(&self, password: &Password) -> Option<OwnerFact> {
        let typed = significant(password.expose());
        if typed.is_empty() {
            return None;
        }
        let number = typed.chars().all(|c| c.is_ascii_digit()).then(|| number_key(password.expose()));
        let is_equal = |(fact, text): &&(OwnerFact, String)| {
            typed == significant(text)
                || (*fact == OwnerFact::Phone && number.as_ref().is_some_and(|it| *it == number_key(text)))
        };
        self.0.iter().find(is_equal).map(|(fact, _)| *fact)
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.0.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect()
    }
}

/// Returns a telephone number as it is compared: with or without a country code.
fn number_key(text: &str) -> String {
    PhoneNumber::on_record(text.to_owned()).key()
}

/// Returns the letters and digits of `text`, without letter case. Digits are ASCII.
fn significant(text: &str) -> String {
    let characters = text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric());
    characters.map(|c| ascii_digit(c).unwrap_or(c)).collect()
}
