//! What the domain promises, told on adapters in memory.
//!
//! Files mirror `src`: who knows the noun can guess the file.

mod account;
mod approval;
mod clock;
mod context;
mod field;
mod ids;
mod key;
mod password;
mod session;
mod suspension;
