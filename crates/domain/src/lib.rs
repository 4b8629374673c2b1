//! The heart of Sihha: who may hold an account, how one is registered, approved and logged in to.
//!
//! Plain synchronous Rust with no web server, database, async runtime or environment variable. What the
//! outside must provide is a *port*, a trait that an adapter implements; what the outside may ask for is
//! a *use case*, a struct with a `run` that reads as the story it tells.
//!
//! | noun | module | use cases |
//! |---|---|---|
//! | account | [`account`] | [`account::Register`], [`account::ReadAccount`] |
//! | session | [`session`] | [`session::Login`], [`session::Authenticate`], [`session::Refresh`], [`session::Logout`], [`session::OwnSessions`], [`session::PurgeSessions`] |
//! | approval | [`approval`] | [`approval::Decide`], [`approval::ListApplications`] |
//! | suspension | [`suspension`] | [`suspension::Suspend`], [`suspension::Reinstate`] |
//! | password | [`password`] | [`password::ChangePassword`] |
//! | key | [`key`] | [`key::ListPublicKeys`], [`key::RecordKeyUse`], [`key::FindUnknownKeys`] |
//!
//! # Adding a capability
//!
//! 1. Name it by one noun of the field's standards, and make a folder of that name here.
//! 2. Give each value that has a rule a newtype with a private field and one way in.
//! 3. Write the port; say on each method what the adapter MUST do and what its errors mean.
//! 4. Write the in-memory adapter and the conformance cases in `testing`, then the use case and its tests.
//! 5. Only then the Postgres adapter (`infra/src/postgres/<noun>.rs`) and the routes (`api/src/routes/<noun>`).
//!
//! # In a batch tool
//!
//! ```
//! use sihha_domain::account::{CarteId, EmailAddress};
//!
//! let email = EmailAddress::parse("  Amina.B@Example.DZ ")?;
//! assert_eq!(email.as_str(), "Amina.B@example.dz");
//! assert!(CarteId::parse("12 34").is_err());
//! # Ok::<(), sihha_domain::FieldError>(())
//! ```
#![warn(clippy::unwrap_used)]
#![deny(missing_docs)]

pub mod account;
pub mod approval;
pub mod clock;
pub mod field;
pub mod ids;
pub mod key;
pub mod password;
pub mod randomness;
pub mod reason;
pub mod session;
pub mod staff_name;
pub mod store;
pub mod suspension;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
pub mod use_cases;

pub use field::{FieldError, FieldErrors};
