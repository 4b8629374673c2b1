//! How commands name the accounts that they found.

use anyhow::anyhow;
use serde_json::json;
use sihha_domain::account::{AccountRef, OrganisationName, PersonName, RoleDetails};
use sihha_domain::search::FoundAccount;
use sihha_domain::text::printable;

/// Creates the error for an account that does not exist.
pub(super) fn no_account(account: &AccountRef) -> anyhow::Error {
    anyhow!("there is no account with {}", printable(&account.to_string()))
}

/// Returns the line by which staff recognise the account.
pub(super) fn line(found: &FoundAccount) -> String {
    let account = &found.account;
    let (role, state) = (account.role().as_str(), found.state().as_str());
    let (name, email) = (account.details.name(), account.profile.email.as_str());
    format!("{}  {role:8}  {state:9}  {}, {}", account.id, printable(&name), printable(email))
}

/// Returns the members by which staff recognise the account. An organisation has one name, a person
/// two.
pub(super) fn to_json(found: &FoundAccount) -> serde_json::Value {
    let account = &found.account;
    let (name, first_name, last_name) = match &account.details {
        RoleDetails::Patient(patient) => (None, Some(&patient.first_name), Some(&patient.last_name)),
        RoleDetails::Doctor(doctor) => (None, Some(&doctor.first_name), Some(&doctor.last_name)),
        RoleDetails::Hospital(hospital) => (Some(&hospital.name), None, None),
        RoleDetails::Labo(labo) => (Some(&labo.name), None, None),
    };
    json!({
        "id": account.id.to_string(),
        "role": account.role().as_str(),
        "state": found.state().as_str(),
        "name": name.map(OrganisationName::as_str),
        "first_name": first_name.map(PersonName::as_str),
        "last_name": last_name.map(PersonName::as_str),
        "email": account.profile.email.as_str(),
    })
}
