//! The domain of Sihha: accounts, their approval and suspension, sessions, passwords and keys.
//!
//! Plain synchronous Rust without a web server, database, async runtime or environment variable. A
//! *port* is a trait that an adapter implements. A *use case* is a struct that holds ports and has
//! a `run` that reads as a sequence of steps. [`use_cases::UseCases`] puts all of them together and is their
//! list.
//!
//! | noun | module |
//! |---|---|
//! | account | [`account`] |
//! | identifier | [`identifier`] |
//! | session | [`session`] |
//! | approval | [`approval`] |
//! | staff | [`staff`] |
//! | suspension | [`suspension`] |
//! | password | [`password`] |
//! | key | [`key`] |
//! | mail | [`mail`] |
//! | e-mail address of an account | [`email`] |
//! | place: wilaya and commune | [`place`] |
//! | idempotency | [`idempotency`] |
//! | search | [`search`] |
//! | the store and its transactions | [`store`] |
//! | shared values | [`field`], [`text`], [`ids`], [`language`], [`rate_limit`], [`reason`], [`mod@reference`], [`staff_name`], [`secret_box`], [`clock`], [`randomness`] |
//!
//! # Adding a capability
//!
//! See `docs/adding-a-capability.md`.
//!
//! # In a batch tool
//!
//! A tool links this crate, and `sihha-infra` for the database. The repository's folder `examples/` has two.
//!
//! ```
//! use sihha_domain::account::{CarteId, EmailAddress};
//!
//! let email = EmailAddress::parse("  Amina.B@Example.DZ ")?;
//! assert_eq!(email.as_str(), "Amina.B@example.dz");
//! assert_eq!(email, "amina.b@example.dz".parse()?);
//! assert!(CarteId::parse("12;34").is_err());
//! # Ok::<(), sihha_domain::FieldError>(())
//! ```
#![warn(clippy::unwrap_used)]
#![deny(missing_docs)]

pub mod account;
pub mod approval;
pub mod clock;
pub mod email;
pub mod field;
pub mod idempotency;
pub mod identifier;
pub mod ids;
pub mod key;
pub mod language;
pub mod mail;
pub mod password;
pub mod place;
pub mod randomness;
pub mod rate_limit;
pub mod reason;
pub mod reference;
pub mod search;
pub mod secret_box;
pub mod session;
pub mod staff;
pub mod staff_name;
pub mod store;
pub mod suspension;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod throttle;
pub mod use_cases;

pub use field::{FieldError, FieldErrorCode, FieldErrors};
