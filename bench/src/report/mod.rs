//! What was measured, for people, for programs and as a picture.

mod picture;
mod table;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::load::Span;
use crate::machine::Machine;
use crate::statements::Statements;
use crate::stats::{Figures, Spread};

/// Tells a person who waits how far it is.
pub(crate) fn note(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr(), "bench: {text}")?)
}

/// A line of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) title: String,
    /// Of `measured` and `beside`.
    pub(crate) unit: &'static str,
    /// The service's own figure.
    pub(crate) measured: Option<Spread>,
    /// What it is compared with, if it is.
    pub(crate) beside: Option<Spread>,
    /// What that is.
    pub(crate) beside_is: &'static str,
    /// The figure that is judged: a ratio, or the service's own; `None` if it could not be had here.
    pub(crate) judged: Option<Spread>,
    /// What it must be.
    pub(crate) reach: Reach,
}

/// What a figure must be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) enum Reach {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Whatever it is.
    Reported,
}

impl Row {
    /// Of the figure that is judged: none for a ratio.
    pub(crate) fn unit_of_judged(&self) -> &'static str {
        if self.judged == self.measured { self.unit } else { "" }
    }

    /// Whether the median is reached, as it is and not rounded; `None` if it is not judged.
    pub(crate) fn reached(&self) -> Option<bool> {
        let judged = self.judged?.median;
        match self.reach {
            Reach::AtLeast(least) => Some(judged >= least),
            Reach::AtMost(most) => Some(judged <= most),
            Reach::Reported => None,
        }
    }
}

/// A measure with all that was seen.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    /// What its table is called.
    pub(crate) heading: &'static str,
    /// Every figure of every round.
    pub(crate) rounds: Vec<Figures>,
    /// What they come to.
    pub(crate) rows: Vec<Row>,
}

/// All of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    profile: &'static str,
    started_at: DateTime<Utc>,
    machine: Machine,
    seconds: u64,
    /// What each call asks of the database, as it was measured.
    statements: Vec<(&'static str, &'static str)>,
    /// In the order of the table.
    pub(crate) measures: Vec<Measured>,
}

impl Report {
    /// An empty one.
    pub(crate) const fn new(
        profile: &'static str,
        started_at: DateTime<Utc>,
        machine: Machine,
        span: Span,
    ) -> Self {
        let seconds = span.measured.as_secs();
        Self { profile, started_at, machine, seconds, statements: Vec::new(), measures: Vec::new() }
    }

    /// Notes what a call asks of the database.
    pub(crate) fn statements(&mut self, call: &'static str, statements: &Statements) {
        self.statements.push((call, statements.sql));
    }

    /// Prints the tables, and writes the results into `folder`: all of them as JSON, and a picture of a full run.
    pub(crate) fn publish(&self, folder: &Path) -> anyhow::Result<()> {
        let rows = |measures: &[Measured]| -> Vec<Row> {
            measures.iter().flat_map(|measure| measure.rows.clone()).collect()
        };
        for table in self.measures.chunk_by(|one, next| one.heading == next.heading) {
            let heading = table.first().map_or("", |measure| measure.heading);
            write!(std::io::stdout(), "\n{heading}:\n\n{}", table::of(&rows(table)))?;
        }

        let place = || format!("cannot write into {}", folder.display());
        fs::create_dir_all(folder).with_context(place)?;
        let date = self.started_at.format("%Y-%m-%d");
        let file = folder.join(format!("{date}-{}-{}.json", self.machine.commit, self.profile));
        fs::write(&file, serde_json::to_string_pretty(self)? + "\n").with_context(place)?;
        note(&format!("written: {}", file.display()))?;
        if self.profile == "full" {
            fs::write(folder.join("latest.svg"), picture::of(&rows(&self.measures))).with_context(place)?;
        }
        Ok(())
    }
}
