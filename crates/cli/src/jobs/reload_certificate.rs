//! Reads the TLS certificate again.

use std::sync::Arc;

use anyhow::Context;
use sihha_api::tls::TlsCertificate;
use sihha_domain::clock::{Clock, format_timestamp};

use super::runner::{JobSignal, Task};
use crate::certificate;

pub(super) struct ReloadCertificate {
    pub(super) certificate: Arc<TlsCertificate>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Task for ReloadCertificate {
    fn run(&mut self, _signal: &JobSignal) -> anyhow::Result<()> {
        let reloaded = self.certificate.reload();
        if reloaded.context("the TLS certificate cannot be read; the current one stays in use")? {
            let expires_at = format_timestamp(self.certificate.expires_at());
            tracing::info!(expires_at, "TLS certificate changed");
            certificate::warn_if_expired(&self.certificate, self.clock.now());
        }
        Ok(())
    }
}
