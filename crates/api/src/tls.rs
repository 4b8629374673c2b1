//! The server's TLS certificate, which is replaced while the server runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use rustls::crypto::ring::{self, Ticketer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Protocol name of HTTP/2 over TLS (RFC 9113 §3.2).
pub(crate) const HTTP2: &[u8] = b"h2";

/// Files of a certificate, in PEM.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The server's certificate, and then those that lead to an authority that clients know.
    pub certificate: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// A file is not PEM, or does not contain what it should.
    #[error("{file} has no {expected} in PEM: {error}")]
    Pem {
        /// The file.
        file: PathBuf,
        /// What it should contain.
        expected: &'static str,
        /// Why it does not.
        error: pem::Error,
    },
    /// The key belongs to another certificate.
    #[error("the key in {key} is not that of the first certificate in {certificate}")]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// The contents cannot be used.
    #[error("the certificate in {0} or its key cannot be used: {1}")]
    Invalid(PathBuf, String),
}

/// A certificate and its key. New connections get the one that was read last.
#[derive(Debug)]
pub struct TlsCertificate {
    files: CertificateFiles,
    current: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    certified_key: Arc<CertifiedKey>,
    expires_at: DateTime<Utc>,
    /// SHA-256 of both files.
    digest: [u8; 32],
}

impl TlsCertificate {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read, or if they cannot be used together.
    pub fn open(files: CertificateFiles) -> Result<Self, CertificateError> {
        let current = ArcSwap::from_pointee(load(&files)?);
        Ok(Self { files, current })
    }

    /// Reads the files again. Returns whether they have changed.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]. Then the current certificate stays in use.
    pub fn reload(&self) -> Result<bool, CertificateError> {
        let loaded = load(&self.files)?;
        let has_changed = loaded.digest != self.current.load().digest;
        if has_changed {
            self.current.store(Arc::new(loaded));
        }
        Ok(has_changed)
    }

    /// Returns the moment when the certificate expires.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.current.load().expires_at
    }

    /// Returns what performs handshakes with this certificate.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as _);
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        // Clients resume sessions with any worker, and the server stores none.
        config.ticketer = Ticketer::new()?;
        Ok(Arc::new(config).into())
    }
}

impl ResolvesServerCert for TlsCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().certified_key))
    }
}

fn load(files: &CertificateFiles) -> Result<Loaded, CertificateError> {
    let CertificateFiles { certificate, key } = files;
    let (certificate_pem, key_pem) = (read(certificate)?, read(key)?);
    let digest = Sha256::new().chain_update(&certificate_pem).chain_update([0]).chain_update(&key_pem);
    let not_pem = |file: &Path, expected| {
        let file = file.to_owned();
        move |error| CertificateError::Pem { file, expected, error }
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&certificate_pem)
        .collect::<Result<_, _>>()
        .map_err(not_pem(certificate, "certificate"))?;
    let Some(first) = chain.first() else {
        return Err(not_pem(certificate, "certificate")(pem::Error::NoItemsFound));
    };
    let invalid = |error: String| CertificateError::Invalid(certificate.clone(), error);
    let expires_at = expiry(first).map_err(invalid)?;
    let private_key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(not_pem(key, "private key"))?;
    let certified_key = CertifiedKey::from_der(chain, private_key, &ring::default_provider());
    let certified_key = certified_key.map_err(|error| {
        if error == rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) {
            CertificateError::Mismatch { key: key.clone(), certificate: certificate.clone() }
        } else {
            invalid(error.to_string())
        }
    })?;
    Ok(Loaded { certified_key: Arc::new(certified_key), expires_at, digest: digest.finalize().into() })
}

fn read(file: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(file).map_err(|error| CertificateError::Unreadable(file.to_owned(), error))
}

fn expiry(certificate: &CertificateDer<'_>) -> Result<DateTime<Utc>, String> {
    let parsed = Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    let since_epoch = parsed.tbs_certificate.validity.not_after.to_unix_duration();
    let seconds = i64::try_from(since_epoch.as_secs()).ok();
    let expires_at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    expires_at.ok_or_else(|| "its expiry is out of range".to_owned())
}
