//! Clients that widely used generators create from the OpenAPI document: see [`generators`].

#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod process;

mod generators;
mod kotlin;
mod lint;
mod python;
mod typescript;
