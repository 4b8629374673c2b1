//! Attacks on the running service. They take minutes: `make test-security` runs them one at a time,
//! and `cargo test --workspace` leaves them out.

#![expect(clippy::print_stdout, reason = "the figures are a part of the result")]

#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod process;

mod clients;
mod faults;
mod guesses;
mod headers;
mod schemathesis;
mod secrets;
mod sqlmap;
mod staff;
mod timing;
mod tools;
