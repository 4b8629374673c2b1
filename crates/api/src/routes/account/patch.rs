//! Changes an account by a JSON merge patch (RFC 7396) of the document that `GET /api/me` returns.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value, json};
use sihha_domain::FieldErrors;
use sihha_domain::account::{Account, Role};

use super::account_request::{
    AccountParts, AccountRequest, DoctorRequest, HospitalRequest, LaboRequest, PatientRequest,
};
use super::place_request;
use super::reader::AccountReader;
use super::response::AccountResponse;

/// Members that are read-only for all accounts. They are rejected both inside and outside `profile`,
/// so that a client that misplaces such a member gets an error. The flag of each role is read-only
/// as well, and so is every member of the account's document that its registration does not have.
pub(super) const READ_ONLY: [&str; 8] =
    ["id", "email", "email_verified", "carte_id", "password", "role", "is_approved", "isLabOorRad"];

/// Returns `account` as its holder wants it after the changes of `patch`, a JSON object.
///
/// # Errors
///
/// Returns the errors of the members that `patch` changes. The other members keep their stored
/// values, which may break a current rule (ADR 0027).
pub(crate) fn apply(patch: &Value, account: &Account, today: NaiveDate) -> Result<Account, FieldErrors> {
    // The changes that wait for a decision are kept, unless the patch changes them again. A client may
    // also send back what `GET /api/me` returns: the vetted values.
    let [stored, vetted] = [&account.wanted(), account].map(|account| document(account, patch));
    let mut merged = stored.clone();
    json_patch::merge(&mut merged, patch);
    place_request::complete(patch, &stored, &mut merged);
    let mut reader = AccountReader::patched([&stored, &vetted], &merged, today);
    let parts = match account.role() {
        Role::Patient => read::<PatientRequest>(&merged, &mut reader),
        Role::Doctor => read::<DoctorRequest>(&merged, &mut reader),
        Role::Hospital => read::<HospitalRequest>(&merged, &mut reader),
        Role::Labo => read::<LaboRequest>(&merged, &mut reader),
    };
    for path in read_only_paths(&stored) {
        reader.reject_unread(&path, patch);
    }
    let AccountParts { profile, details, .. } = reader.finish(parts)?;
    Ok(Account { profile, details, ..account.clone() })
}

fn read<R: AccountRequest>(document: &Value, reader: &mut AccountReader<'_>) -> Option<AccountParts> {
    R::deserialize(document).ok()?.read(reader)
}

/// Returns the document to which the patch is applied. The address of a doctor's practice has two
/// names in a registration; the document has the name that `patch` uses.
pub(crate) fn document(account: &Account, patch: &Value) -> Value {
    let mut document = json!(AccountResponse::from(account));
    let uses_short_name = patch.get("address").is_some() && patch.get("doctor_address").is_none();
    if account.role() == Role::Doctor && uses_short_name {
        document["address"] = document["doctor_address"].take();
    }
    document
}

/// Returns the paths of all members of `document`, and those of [`READ_ONLY`] and the roles' flags.
fn read_only_paths(document: &Value) -> BTreeSet<String> {
    let flags = Role::ALL.map(Role::flag);
    let names = READ_ONLY.iter().chain(&flags);
    let mut paths: BTreeSet<_> =
        names.flat_map(|name| [(*name).to_owned(), format!("profile.{name}")]).collect();
    for (name, value) in document.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(object) => paths.extend(object.keys().map(|member| format!("{name}.{member}"))),
            None => _ = paths.insert(name.clone()),
        }
    }
    paths
}

#[cfg(test)]
mod tests;
