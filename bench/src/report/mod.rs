//! The results, for people, for programs and as a picture.

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

/// Prints the progress.
pub(crate) fn note(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr(), "bench: {text}")?)
}

/// A row of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// The name of the measure.
    pub(crate) title: String,
    /// The unit of `measured` and `beside`.
    pub(crate) unit: &'static str,
    /// The service's figure.
    pub(crate) measured: Option<Spread>,
    /// The figure of the comparison, if there is one.
    pub(crate) beside: Option<Spread>,
    /// The name of the comparison.
    pub(crate) beside_is: &'static str,
    /// The figure that is compared with the target: a ratio, or the service's figure. `None` if it
    /// could not be measured here.
    pub(crate) judged: Option<Spread>,
    /// The target.
    pub(crate) reach: Reach,
}

/// The target of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) enum Reach {
    /// At least this value.
    AtLeast(f64),
    /// At most this value.
    AtMost(f64),
    /// No target.
    Reported,
}

impl Row {
    /// Returns the unit of the figure that is compared with the target. A ratio has none.
    pub(crate) fn unit_of_judged(&self) -> &'static str {
        if self.judged == self.measured { self.unit } else { "" }
    }

    /// Returns whether the median, without rounding, reaches the target. `None` if there is no
    /// target.
    pub(crate) fn reached(&self) -> Option<bool> {
        let judged = self.judged?.median;
        match self.reach {
            Reach::AtLeast(least) => Some(judged >= least),
            Reach::AtMost(most) => Some(judged <= most),
            Reach::Reported => None,
        }
    }
}

/// A measure with all of its figures.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// The name for `--only`.
    pub(crate) name: &'static str,
    /// The title of the table.
    pub(crate) heading: &'static str,
    /// All figures of all rounds.
    pub(crate) rounds: Vec<Figures>,
    /// The rows of the table.
    pub(crate) rows: Vec<Row>,
}

/// The results of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    profile: &'static str,
    started_at: DateTime<Utc>,
    machine: Machine,
    seconds: u64,
    /// The statements of each call, as they were measured.
    statements: Vec<(&'static str, &'static str)>,
    /// The measures, in the order of the table.
    pub(crate) measures: Vec<Measured>,
}

impl Report {
    /// Returns an empty report.
    pub(crate) const fn new(
        profile: &'static str,
        started_at: DateTime<Utc>,
        machine: Machine,
        span: Span,
    ) -> Self {
        let seconds = span.measured.as_secs();
        Self { profile, started_at, machine, seconds, statements: Vec::new(), measures: Vec::new() }
    }

    /// Adds the statement of a call.
    pub(crate) fn statements(&mut self, call: &'static str, statements: &Statements) {
        self.statements.push((call, statements.sql));
    }

    /// Prints the tables and writes the results to `folder`: all of them as JSON, and a picture of
    /// a full run.
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
