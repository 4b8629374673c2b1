//! Adapters of the domain's ports.
//!
//! | port | adapter |
//! |---|---|
//! | `Store`, `Transaction` and the repositories | [`postgres::PgStore`], by Diesel and r2d2 |
//! | `PasswordHasher` | [`argon2::Argon2Hasher`] |
//! | `TokenIssuer` | [`jwt::JwtIssuer`] |
//! | `LegacyTokenReader` | [`legacy_jwt::LegacyJwtReader`] |
//! | `Clock`, `Randomness` | [`system::SystemClock`], [`system::SystemRandomness`] |
//!
//! # Adding an adapter
//!
//! One file a noun in [`postgres`], named as the noun's folder in the domain. Implement the port on
//! `PgSession`, translate the *named* constraints, and run the conformance suite.
#![warn(clippy::unwrap_used)]

pub mod argon2;
pub mod jwt;
pub mod legacy_jwt;
pub mod postgres;
pub mod system;
pub mod tools;
