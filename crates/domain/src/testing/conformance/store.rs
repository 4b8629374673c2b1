//! What every store MUST do.

mod account;
mod approval;
mod change;
mod fixture;
mod idempotency;
mod identifier;
mod key;
mod limit;
mod on_record;
mod password;
mod queue;
mod rotation;
mod search;
mod session;
mod staff;
mod staff_session;
mod suspension;

pub use fixture::ObservableStore;

use super::case::Case;

/// The cases of each noun.
pub const CASES: [&[Case<dyn ObservableStore>]; 16] = [
    account::CASES,
    approval::CASES,
    change::CASES,
    idempotency::CASES,
    identifier::CASES,
    key::CASES,
    limit::CASES,
    on_record::CASES,
    password::CASES,
    queue::CASES,
    rotation::CASES,
    search::CASES,
    session::CASES,
    staff::CASES,
    staff_session::CASES,
    suspension::CASES,
];
