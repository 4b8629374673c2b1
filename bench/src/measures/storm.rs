use std::net::SocketAddr;
use std::thread;

use anyhow::anyhow;
use sihha_infra::argon2::Argon2Cost;

use super::Measure;
use crate::fixture::{Fixture, logins, readers};
use crate::load::{Crowd, Outcome, Span, cores};
use crate::machine::{peak_resident, resident};
use crate::pauses::longest_pause_while;
use crate::process::Process;
use crate::report::{Reach, Row};
use crate::scheduling::Arrangement;
use crate::stats::{Figures, Spread};

/// Connections that log in as fast as the service allows.
const STORM: u64 = 256;
/// Reads per second during the storm, and connections for them: enough that no read waits for a
/// connection.
const READS: f64 = 500.0;
const READERS: u64 = 64;

/// A login storm, and its effect on simultaneous reads and on memory.
pub(super) struct Storm {
    name: &'static str,
    arrangement: Arrangement,
    reach: Reach,
    readers: Crowd,
    impatient: Crowd,
    patient: Crowd,
}

impl Storm {
    /// Measures in one arrangement of the processes. `reach` is the target for reads.
    pub(super) fn new(
        fixture: &Fixture,
        name: &'static str,
        arrangement: Arrangement,
        reach: Reach,
    ) -> anyhow::Result<Self> {
        let storm = || logins(&fixture.accounts, STORM, &[200, 503]);
        let (impatient, patient) = (storm()?, storm()?.patient());
        let readers = readers(&fixture.accounts, READERS)?;
        Ok(Self { name, arrangement, reach, readers, impatient, patient })
    }

    fn measure(&mut self, service: &Process, span: Span) -> anyhow::Result<Figures> {
        let Self { readers, impatient, patient, .. } = self;
        let address = service.address;
        let idle = resident(service.id())?;
        let calm = readers.open(address, READS, span)?;
        let (in_patient, patient) = read_during(patient, readers, address, span)?;
        let ((in_storm, storm), pause) =
            longest_pause_while(|| read_during(impatient, readers, address, span))?;
        let mut figures = Figures::from([
            ("calm p50 ms", calm.milliseconds(200, 0.5)),
            ("calm p99 ms", calm.milliseconds(200, 0.99)),
            ("storm p50 ms", in_storm.milliseconds(200, 0.5)),
            ("storm p99 ms", in_storm.milliseconds(200, 0.99)),
            ("storm logins/s", storm.rate(200)),
            ("storm refused/s", storm.rate(503)),
            ("patient storm p50 ms", in_patient.milliseconds(200, 0.5)),
            ("patient storm p99 ms", in_patient.milliseconds(200, 0.99)),
            ("patient storm logins/s", patient.rate(200)),
            ("patient storm refused/s", patient.rate(503)),
            ("idle MiB", idle),
            ("storm MiB", peak_resident(service.id())?),
        ]);
        figures.extend(pause.map(|pause| ("storm pause ms", pause)));
        Ok(figures)
    }
}

impl Measure for Storm {
    fn name(&self) -> &'static str {
        self.name
    }

    fn arranges_itself(&self) -> bool {
        true
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        fixture.with_another(self.arrangement, |service| self.measure(service, fixture.span))
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let alone = |title: &str, unit, name, reach| Row {
            title: title.to_owned(),
            unit,
            measured: Spread::named(rounds, name),
            beside: None,
            beside_is: "",
            judged: Spread::named(rounds, name),
            reach,
        };
        let reads = |title: &str, name, reach| Row {
            title: format!("p99 of GET /api/me at 500/s, {title}, {}", self.arrangement.title()),
            unit: "ms",
            measured: Spread::named(rounds, name),
            beside: Spread::named(rounds, "calm p99 ms"),
            beside_is: "with no storm",
            judged: Spread::ratio(rounds, name, "calm p99 ms"),
            reach,
        };
        let mut rows = vec![
            reads("in a storm of logins", "storm p99 ms", self.reach),
            reads("in one that heeds Retry-After", "patient storm p99 ms", Reach::Reported),
            alone("longest pause of the machine in the storm", "ms", "storm pause ms", Reach::Reported),
        ];
        // The memory is the same in all arrangements.
        if self.arrangement == Arrangement::Autogroups {
            rows.extend([
                alone("resident memory, idle", "MiB", "idle MiB", Reach::AtMost(25.0)),
                alone("resident memory, most in the storm", "MiB", "storm MiB", Reach::AtMost(storm_limit())),
            ]);
        }
        rows
    }
}

/// Measures reads at a fixed rate during the storm. The storm begins before the first measured read
/// and ends after the last.
fn read_during(
    storm: &mut Crowd,
    readers: &mut Crowd,
    address: SocketAddr,
    span: Span,
) -> anyhow::Result<(Outcome, Outcome)> {
    let whole = Span { measured: span.measured + span.warm_up / 2, ..span };
    let (read, stormed) = thread::scope(|scope| {
        let storm = scope.spawn(|| storm.closed(address, whole));
        let read = readers.open(address, READS, span);
        (read, storm.join().map_err(|_| anyhow!("the storm panicked")))
    });
    Ok((read?, stormed??))
}

/// Returns the maximum memory in MiB: 25 MiB, a working memory for each core, and 16 MiB.
#[expect(clippy::cast_precision_loss, reason = "there are a few cores")]
fn storm_limit() -> f64 {
    25.0 + cores() as f64 * f64::from(Argon2Cost::default().memory_kib) / 1024.0 + 16.0
}
