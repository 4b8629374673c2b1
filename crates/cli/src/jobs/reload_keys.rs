//! Reads the signing keys again.

use std::sync::Arc;

use anyhow::Context;
use sihha_infra::jwt::KeyRing;

use super::runner::{JobSignal, Task};

pub(super) struct ReloadKeys(pub(super) Arc<KeyRing>);

impl Task for ReloadKeys {
    fn run(&mut self, _signal: &JobSignal) -> anyhow::Result<()> {
        if self.0.reload().context("the signing keys cannot be read; the current ones stay in use")? {
            tracing::info!("signing keys changed");
        }
        Ok(())
    }
}
