//! Sends the messages of the outbox.

use sihha_domain::mail::DeliverMail;

use super::runner::{JobSignal, Task};

impl Task for DeliverMail {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        while self.batch(&|| signal.must_stop())? > 0 {}
        Ok(())
    }
}
