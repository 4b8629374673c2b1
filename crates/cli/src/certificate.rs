//! The TLS certificate, as the options name it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use sihha_api::tls::{CertificateFiles, TlsCertificate};
use sihha_domain::clock::format_timestamp;
use sihha_infra::trusted_path::check_trusted;

use crate::config::ServeOptions;

/// Reads the certificate and its key, if they are given.
pub(crate) fn load(
    options: &ServeOptions,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Arc<TlsCertificate>>> {
    let (certificate, key) = match (&options.tls.tls_cert, &options.tls.tls_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        (Some(_), None) => bail!("--tls-cert needs --tls-key, the file with the key of the certificate"),
        (None, Some(_)) => bail!("--tls-key needs --tls-cert, the file with the certificate of the key"),
    };
    ensure!(!options.listen.is_unix(), "--tls-cert is for TCP: a Unix socket is always plain");
    check_trusted(&key).context("--tls-key is not safe")?;
    warn_if_readable(&key);
    let certificate = TlsCertificate::open(CertificateFiles { certificate, key });
    let certificate = certificate.context("--tls-cert and --tls-key cannot be used")?;
    warn_if_expired(&certificate, now);
    Ok(Some(Arc::new(certificate)))
}

/// A group may read the key, such as that of the user who renews the certificate.
fn warn_if_readable(key: &Path) {
    if fs::metadata(key).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
        tracing::warn!(file = %key.display(), "all users can read the TLS key; run chmod o= on its file");
    }
}

/// Clients refuse an expired certificate, but the operator may be about to renew it.
pub(crate) fn warn_if_expired(certificate: &TlsCertificate, now: DateTime<Utc>) {
    let expires_at = certificate.expires_at();
    if expires_at <= now {
        tracing::warn!(expired_at = format_timestamp(expires_at), "the TLS certificate has expired");
    }
}
