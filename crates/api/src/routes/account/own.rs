//! The account as its holder sees it: with the application, and with the changes that wait for a
//! decision.

use serde_json::{Map, Value, json};
use sihha_domain::account::Account;
use sihha_domain::language::Language;

use super::response::{AccountResponse, ReviewResponse};
use crate::routes::application::response::ApplicationResponse;

/// Returns the document of the account.
pub(crate) fn document(account: &Account, language: Language) -> AccountResponse {
    let application = ApplicationResponse::of(account, language);
    AccountResponse::new(account, ReviewResponse { application, pending_changes: pending_changes(account) })
}

/// Returns the merge patch that turns the account's document into the one that its holder wants.
fn pending_changes(account: &Account) -> Option<Value> {
    account.pending_changes.as_ref()?;
    let [vetted, wanted] = [account, &account.wanted()].map(|account| json!(AccountResponse::from(account)));
    Some(merge_patch(&vetted, &wanted))
}

/// Returns the merge patch (RFC 7396) that turns the document `from` into `to`, in which no member
/// becomes `null`.
fn merge_patch(from: &Value, to: &Value) -> Value {
    let (Some(old), Some(new)) = (from.as_object(), to.as_object()) else { return to.clone() };
    let removed = old.keys().filter(|name| !new.contains_key(*name));
    let mut patch: Map<_, _> = removed.map(|name| (name.clone(), Value::Null)).collect();
    for (name, value) in new {
        let before = old.get(name).unwrap_or(&Value::Null);
        if before != value {
            patch.insert(name.clone(), merge_patch(before, value));
        }
    }
    patch.into()
}
