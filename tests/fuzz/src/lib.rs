//! Fuzz targets for what parses untrusted bytes. Each asserts what holds for every input.
//!
//! `tests/fuzz/run` runs them with libFuzzer, which searches for inputs that reach new branches. The
//! test `seeds` runs them on the committed inputs in `tests/fuzz/seeds`: examples from which the
//! search starts, and inputs that once failed.

mod bodies;
mod codes;
mod cursors;
mod forwarded;
mod long_texts;
mod patches;
mod rows;
mod search;
mod tokens;
mod values;

use chrono::NaiveDate;

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is also that of the folder of its seeds.
    pub name: &'static str,
    /// Reads `data` as the service would.
    ///
    /// # Panics
    ///
    /// If a property does not hold.
    pub run: fn(&[u8]),
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 10] = [
        Self { name: "bodies", run: bodies::run },
        Self { name: "codes", run: codes::run },
        Self { name: "cursors", run: cursors::run },
        Self { name: "forwarded", run: forwarded::run },
        Self { name: "long_texts", run: long_texts::run },
        Self { name: "patches", run: patches::run },
        Self { name: "rows", run: rows::run },
        Self { name: "search", run: search::run },
        Self { name: "tokens", run: tokens::run },
        Self { name: "values", run: values::run },
    ];

    /// Returns the target with that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name == name)
    }
}

/// The date on which all targets run.
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
