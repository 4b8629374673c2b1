//! Adapters for the domain's ports.
//!
//! | port | adapter |
//! |---|---|
//! | `Store`, `Transaction` and the repositories | [`postgres::PgStore`], with Diesel and r2d2 |
//! | `PasswordHasher` | [`argon2::Argon2Hasher`] |
//! | `Blocklist` | [`blocklist::PasswordBlocklist`] |
//! | `TokenIssuer` | [`jwt::JwtIssuer`] |
//! | `StaffTokenIssuer` | [`jwt::StaffJwtIssuer`] |
//! | `OneTimeCodes` | [`totp::TotpCodes`] |
//! | `SecretBox` | [`secret_box::ChaChaBox`] |
//! | `PublicKeys`, `SigningKeys` | [`jwt::KeyRing`] |
//! | `LegacyTokenReader` | [`legacy_jwt::LegacyJwtReader`] |
//! | `Clock` | [`postgres::DatabaseClock`], [`system::SystemClock`] |
//! | `Randomness` | [`system::SystemRandomness`] |
//!
//! [`tools`] puts them together for batch tools and the commands of staff.
//!
//! # Adding an adapter
//!
//! Each noun has a file in [`postgres`] with the name of the noun's folder in the domain. It
//! implements the noun's repository for a struct over the `StoreConnection`, and `PgRepositories`
//! returns that struct. Violations of *named* constraints become the domain's errors. The
//! conformance suite of the domain tests the adapter.
#![warn(clippy::unwrap_used)]

pub mod argon2;
pub mod blocklist;
pub mod jwt;
pub mod legacy_jwt;
pub mod postgres;
pub mod secret_box;
pub mod system;
pub mod tools;
pub mod totp;
pub mod trusted_path;
