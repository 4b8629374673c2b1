//! What every store MUST do.

mod account;
mod approval;
mod change;
mod email;
mod fixture;
mod idempotency;
mod identifier;
mod key;
mod limit;
mod mail_token;
mod on_record;
mod outbox;
mod password;
mod queue;
mod rate_limit;
mod rotation;
mod search;
mod session;
mod staff;
mod staff_session;
mod suspension;
mod throttle;

pub use fixture::ObservableStore;

use super::case::Case;

/// The cases of each noun.
pub const CASES: [&[Case<dyn ObservableStore>]; 21] = [
    account::CASES,
    approval::CASES,
    change::CASES,
    email::CASES,
    idempotency::CASES,
    identifier::CASES,
    key::CASES,
    limit::CASES,
    mail_token::CASES,
    on_record::CASES,
    outbox::CASES,
    password::CASES,
    queue::CASES,
    rate_limit::CASES,
    rotation::CASES,
    search::CASES,
    session::CASES,
    staff::CASES,
    staff_session::CASES,
    suspension::CASES,
    throttle::CASES,
];
