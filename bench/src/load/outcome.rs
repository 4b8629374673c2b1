use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The responses to a load, by status.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    seconds: f64,
    /// Microseconds.
    times: BTreeMap<u16, Histogram<u64>>,
}

impl Outcome {
    /// Returns the empty outcome of a load that is measured for `measured`.
    pub(super) fn new(measured: Duration) -> Self {
        Self { seconds: measured.as_secs_f64(), times: BTreeMap::new() }
    }

    pub(super) fn record(&mut self, status: u16, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        // The histogram grows with the longest latency.
        let _ = self.of(status).record(micros);
    }

    pub(super) fn add(&mut self, part: &Self) {
        for (status, times) in &part.times {
            // Both histograms grow.
            let _ = self.of(*status).add(times);
        }
    }

    fn of(&mut self, status: u16) -> &mut Histogram<u64> {
        self.times.entry(status).or_insert_with(new_histogram)
    }

    /// Returns the responses of this status per second.
    pub(crate) fn rate(&self, status: u16) -> f64 {
        self.count(status) / self.seconds
    }

    /// Returns the number of responses of this status.
    #[expect(clippy::cast_precision_loss, reason = "nobody waits for 2^53 answers")]
    pub(crate) fn count(&self, status: u16) -> f64 {
        self.times.get(&status).map_or(0, Histogram::len) as f64
    }

    /// Returns a quantile of the latencies of this status, in milliseconds; 0 if there was no such
    /// response.
    pub(crate) fn milliseconds(&self, status: u16, quantile: f64) -> f64 {
        let micros = self.times.get(&status).map_or(0, |times| times.value_at_quantile(quantile));
        Duration::from_micros(micros).as_secs_f64() * 1000.0
    }
}

fn new_histogram() -> Histogram<u64> {
    Histogram::new(3).unwrap_or_else(|_| unreachable!("3 digits are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_their_status() {
        let mut part = Outcome::default();
        for millis in 1..=100 {
            part.record(200, Duration::from_millis(millis));
        }
        part.record(503, Duration::from_millis(7));
        let mut all = Outcome::new(Duration::from_secs(2));
        all.add(&part);
        all.add(&part);

        assert!((all.rate(200) - 100.0).abs() < f64::EPSILON);
        assert!((all.count(503) - 2.0).abs() < f64::EPSILON);
        assert!((all.milliseconds(200, 0.99) - 99.0).abs() < 0.1);
        assert!(all.milliseconds(404, 0.99).abs() < f64::EPSILON);
    }
}
