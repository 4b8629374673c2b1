//! The domain's behaviour, on in-memory adapters.
//!
//! Files mirror `src`: if you know the noun, you can guess the file.

mod account;
mod approval;
mod clock;
mod context;
mod email;
mod field;
mod idempotency;
mod identifier;
mod ids;
mod key;
mod mail;
mod password;
mod password_policy;
mod place;
mod reference;
mod search;
mod session;
mod staff;
mod suspension;
mod throttle;
