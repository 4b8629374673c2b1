//! Answers requests for mail, and sends the messages of the outbox.

use sihha_domain::mail::{AnswerMailRequests, DeliverMail};

use super::runner::{JobSignal, Task};

impl Task for AnswerMailRequests {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        while self.batch()? > 0 && !signal.must_stop() {}
        Ok(())
    }
}

impl Task for DeliverMail {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        while self.batch(&|| signal.must_stop())? > 0 {}
        Ok(())
    }
}
