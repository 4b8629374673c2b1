use std::path::PathBuf;

use clap::Args;

/// The certificate of the service.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsOptions {
    /// File with the certificate of the service and those of the authorities that issued it, in PEM.
    /// The service then speaks only TLS, with HTTP/2 or HTTP/1.1. A Unix socket is always plain. Read
    /// again within 30 seconds when it changes. Needs `--tls-key`
    #[arg(long, env = "SIHHA_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// File with the private key of the certificate, in PEM. Read again with it
    #[arg(long, env = "SIHHA_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

impl TlsOptions {
    /// Returns the scheme of the service's URLs.
    pub(crate) const fn scheme(&self) -> &'static str {
        if self.tls_cert.is_some() { "https" } else { "http" }
    }
}
