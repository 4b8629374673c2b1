//! The key store: a folder with one file per key, `.pem` for a private key (PKCS#8), `.secret` for
//! a secret.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use nix::unistd::geteuid;
use secrecy::{ExposeSecret, SecretSlice};
use sihha_domain::clock::format_timestamp;
use sihha_domain::randomness::Randomness;

use super::algorithm::KeyAlgorithm;
use super::key::{InvalidKeyError, Key};
use super::key_set::{DatedKey, KeyInfo, KeySet};
use super::lifecycle::{InvalidTimestampError, KeyLifecycle, RELOAD_DELAY};
use super::pem;
use crate::trusted_path::{UntrustedPathError, check_data_folder, check_trusted};

/// Time for which a new key is only published, after all instances have read it. Gateways cache the
/// JWKS for up to 20 minutes, and others for hours; many do not fetch it for an unknown `kid`.
pub const ACTIVATION_DELAY: TimeDelta = TimeDelta::hours(24);
/// Maximum size of a file, including text above the key.
const MAX_FILE_SIZE: u64 = 64 * 1024;
/// Prefix of the names of files that are being written.
const UNFINISHED: &str = ".unfinished-";

/// A folder with keys, which several instances may share.
#[derive(Debug, Clone)]
pub struct KeyStore(PathBuf);

/// Why a key store cannot be used: one line that names the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The folder cannot be read or written.
    #[error("cannot use the signing keys in {0}: {1}; `sihha keys generate` creates the folder and a key")]
    Folder(PathBuf, io::Error),
    /// A file cannot be read or written.
    #[error("cannot use the signing key {0}: {1}")]
    File(PathBuf, io::Error),
    /// Other users can replace a file.
    #[error("the signing keys are not safe: {0}")]
    Untrusted(UntrustedPathError),
    /// Other users can read a file.
    #[error("other users of this machine can read the signing key {0} (mode {1:04o}); run chmod 600 on it")]
    Exposed(PathBuf, u32),
    /// A file does not contain a valid key.
    #[error("the signing key {0} {1}")]
    InvalidKey(PathBuf, InvalidKeyError),
    /// A file contains an invalid date.
    #[error("the signing key {0} has an invalid date: {1}")]
    InvalidTimestamp(PathBuf, InvalidTimestampError),
    /// The name of a secret's file cannot be its `kid`.
    #[error(
        "the name of the signing key {0} must have 1 to 64 letters, digits, - and _ before `.secret`: it is its kid"
    )]
    InvalidName(PathBuf),
    /// Two files have the same `kid`.
    #[error("the signing keys {0} and {1} have the same kid; remove one")]
    DuplicateKid(PathBuf, PathBuf),
    /// Two keys have no date.
    #[error(
        "the signing keys {0} and {1} have no date; write a line such as `Signs-From: 2026-11-23T09:30:00Z` above the newer key"
    )]
    Undated(PathBuf, PathBuf),
    /// No key can sign.
    #[error("no key in {0} can sign: {1}; generate one with `sihha keys generate --signing-keys {0}`")]
    NoSigner(PathBuf, &'static str),
    /// There is no such key.
    #[error("there is no key {1} in {0}; `sihha keys list` lists the keys")]
    Unknown(PathBuf, String),
    /// The key is already retired.
    #[error("the key {0} was retired at {time}", time = format_timestamp(*.1))]
    AlreadyRetired(String, DateTime<Utc>),
    /// No other key can sign.
    #[error("{0} is the only key that can sign; {1}")]
    OnlySigner(String, String),
    /// No key could be generated.
    #[error("no key could be generated")]
    Generation,
}

impl KeyStore {
    /// Creates a key store for the folder at `path`, without reading it.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Describes the keys at `now`, the newest first, where `longest_token` is the maximum lifetime
    /// of tokens.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or a file is invalid.
    pub fn list(&self, longest_token: TimeDelta, now: DateTime<Utc>) -> Result<Vec<KeyInfo>, KeyStoreError> {
        Ok(KeySet::new(self.keys()?, longest_token).describe(now))
    }

    /// Generates a key. Creates the folder if it does not exist.
    ///
    /// If no other key can sign at `now`, the key signs `after` that time, by default immediately.
    /// Else the time is counted from when every instance has read the key ([`RELOAD_DELAY`]), and is
    /// [`ACTIVATION_DELAY`] by default.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read or written, or a file is invalid.
    pub fn generate(
        &self,
        algorithm: KeyAlgorithm,
        after: Option<TimeDelta>,
        now: DateTime<Utc>,
        randomness: &dyn Randomness,
    ) -> Result<KeyInfo, KeyStoreError> {
        let created = DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        created.map_err(|error| self.failed(error))?;
        check_data_folder(&self.0).map_err(KeyStoreError::Untrusted)?;
        let _lock = self.lock()?;
        self.remove_unfinished()?;
        let keys = KeySet::new(self.keys()?, TimeDelta::zero());
        let delay = match keys.signer(now) {
            Some(_) => RELOAD_DELAY + after.unwrap_or(ACTIVATION_DELAY),
            None => after.unwrap_or_default(),
        };
        let id = self.add(algorithm, now + delay, randomness)?;
        let known = self.list(TimeDelta::zero(), now)?.into_iter().find(|key| key.id == id);
        known.ok_or_else(|| KeyStoreError::Unknown(self.0.clone(), id))
    }

    /// Writes a new key that signs from `signs_from`. Returns its id.
    fn add(
        &self,
        algorithm: KeyAlgorithm,
        signs_from: DateTime<Utc>,
        randomness: &dyn Randomness,
    ) -> Result<String, KeyStoreError> {
        let text = pem::generate(algorithm, randomness).ok_or(KeyStoreError::Generation)?;
        let (id, kind) = if algorithm == KeyAlgorithm::Hs256 {
            (new_secret_id(randomness), "secret")
        } else {
            let key =
                pem::read_key(text.expose_secret().as_bytes()).map_err(|_| KeyStoreError::Generation)?;
            (key.public().map(|public| public.id.clone()).ok_or(KeyStoreError::Generation)?, "pem")
        };
        let file = self.0.join(format!("{id}.{kind}"));
        let lifecycle = KeyLifecycle { signs_from: Some(signs_from.trunc_subsecs(3)), retired: None };
        self.write(&file, lifecycle, text.expose_secret().as_bytes())?;
        Ok(id)
    }

    /// Removes keys that others may know: `ids`, or the key that signs at `now` if there are none.
    /// Returns their ids. They verify nothing from the next reload on, and are not published.
    ///
    /// If one of them signs, another key signs from `now`: the first pending one, which consumers
    /// may know already, or else a new one with the same algorithm.
    ///
    /// # Errors
    ///
    /// If there is no such key, no key signs, or the folder cannot be read or written.
    pub fn rotate_now(
        &self,
        ids: &[String],
        now: DateTime<Utc>,
        randomness: &dyn Randomness,
    ) -> Result<Vec<String>, KeyStoreError> {
        let _lock = self.lock()?;
        self.remove_unfinished()?;
        let mut kept = KeySet::new(self.keys()?, TimeDelta::zero());
        let current = kept.signer(now).map(|key| key.id.clone());
        let ids = if ids.is_empty() { current.iter().cloned().collect() } else { ids.to_vec() };
        let unknown = |id: &String| KeyStoreError::Unknown(self.0.clone(), id.clone());
        let leaked = ids.iter().map(|id| kept.remove(id).ok_or_else(|| unknown(id)));
        let leaked = leaked.collect::<Result<Vec<_>, _>>()?;
        let none = || KeyStoreError::NoSigner(self.0.clone(), "all are pending or retired");
        let first = leaked.first().ok_or_else(none)?;
        match (leaked.iter().find(|key| Some(&key.id) == current.as_ref()), kept.next_signer(now)) {
            (Some(_), Some(next)) => {
                self.rewrite(next, KeyLifecycle { signs_from: Some(now.trunc_subsecs(3)), retired: None })?;
            }
            (Some(signed), None) => drop(self.add(signed.key.algorithm(), now, randomness)?),
            (None, None) if kept.signer(now).is_none() => {
                self.add(first.key.algorithm(), now, randomness)?;
            }
            (None, _) => {}
        }
        for key in &leaked {
            fs::remove_file(&key.file).map_err(|error| KeyStoreError::File(key.file.clone(), error))?;
        }
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(|error| self.failed(error))?;
        Ok(ids)
    }

    /// Retires a key at `now`: it does not sign any more, and verifies until its last token has
    /// expired.
    ///
    /// # Errors
    ///
    /// If there is no such key, it is already retired, or no other key can sign at `now`.
    pub fn retire(&self, id: &str, now: DateTime<Utc>) -> Result<(), KeyStoreError> {
        check_data_folder(&self.0).map_err(KeyStoreError::Untrusted)?;
        let _lock = self.lock()?;
        let (found, others): (Vec<_>, Vec<_>) = self.keys()?.into_iter().partition(|key| key.id == id);
        let key = found.into_iter().next();
        let key = key.ok_or_else(|| KeyStoreError::Unknown(self.0.clone(), id.to_owned()))?;
        if let Some(retired) = key.lifecycle.retired {
            return Err(KeyStoreError::AlreadyRetired(id.to_owned(), retired));
        }
        let others = KeySet::new(others, TimeDelta::zero());
        if key.lifecycle.may_sign(now) && others.signer(now).is_none() {
            let next = others.next_signer(now).and_then(|next| Some((&next.id, next.lifecycle.signs_from?)));
            let advice = match next {
                Some((next, from)) => {
                    let from = format_timestamp(from);
                    format!("its successor {next} signs from {from}; retire {id} after that")
                }
                None => format!(
                    "generate its successor with `sihha keys generate`, and retire {id} when that signs"
                ),
            };
            return Err(KeyStoreError::OnlySigner(id.to_owned(), advice));
        }
        self.rewrite(&key, KeyLifecycle { retired: Some(now.trunc_subsecs(3)), ..key.lifecycle })
    }

    /// Replaces the dates in the file of a key.
    fn rewrite(&self, key: &DatedKey, lifecycle: KeyLifecycle) -> Result<(), KeyStoreError> {
        let content = fs::read(&key.file).map_err(|error| KeyStoreError::File(key.file.clone(), error))?;
        let (_, rest) = KeyLifecycle::read(&content, is_pem(&key.file))
            .map_err(|error| KeyStoreError::InvalidTimestamp(key.file.clone(), error))?;
        self.write(&key.file, lifecycle, rest)
    }

    /// Returns the keys, of which one can sign at `now` or later.
    pub(super) fn usable(
        &self,
        longest_token: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<KeySet, KeyStoreError> {
        let keys = KeySet::new(self.keys()?, longest_token);
        for part in self.files()?.iter().chain([&self.0]) {
            check_trusted(part).map_err(KeyStoreError::Untrusted)?;
        }
        let reason = match (keys.is_empty(), keys.signer(now).or_else(|| keys.next_signer(now))) {
            (_, Some(_)) => return Ok(keys),
            (true, None) => "there is none (the name of a key's file ends in .pem or .secret)",
            (false, None) => "all are retired",
        };
        Err(KeyStoreError::NoSigner(self.0.clone(), reason))
    }

    fn keys(&self) -> Result<Vec<DatedKey>, KeyStoreError> {
        let mut keys: Vec<DatedKey> = Vec::new();
        for file in self.files()? {
            let key = read(file)?;
            if let Some(known) = keys.iter().find(|known| known.id == key.id) {
                return Err(KeyStoreError::DuplicateKid(known.file.clone(), key.file));
            }
            let is_undated = |key: &DatedKey| key.lifecycle == KeyLifecycle::default();
            if let Some(known) = keys.iter().find(|known| is_undated(known) && is_undated(&key)) {
                return Err(KeyStoreError::Undated(known.file.clone(), key.file));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    /// Returns the files whose names are those of keys. Ignores hidden files: unfinished ones, and
    /// those that Kubernetes adds to a mounted folder.
    fn files(&self) -> Result<Vec<PathBuf>, KeyStoreError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(|error| self.failed(error))? {
            let path = entry.map_err(|error| self.failed(error))?.path();
            let is_hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if !is_hidden && (is_pem(&path) || path.extension() == Some(OsStr::new("secret"))) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Locks out other commands, so that two commands cannot retire each other's successor.
    fn lock(&self) -> Result<File, KeyStoreError> {
        let folder = File::open(&self.0).map_err(|error| self.failed(error))?;
        folder.lock().map_err(|error| self.failed(error))?;
        Ok(folder)
    }

    /// Removes files of commands that were killed while they wrote.
    fn remove_unfinished(&self) -> Result<(), KeyStoreError> {
        for entry in fs::read_dir(&self.0).map_err(|error| self.failed(error))? {
            let path = entry.map_err(|error| self.failed(error))?.path();
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()))
            {
                fs::remove_file(&path).map_err(|error| KeyStoreError::File(path, error))?;
            }
        }
        Ok(())
    }

    /// Writes a file completely or not at all, with mode 0600. If root writes, the file gets the
    /// owner of the folder.
    fn write(&self, file: &Path, lifecycle: KeyLifecycle, key: &[u8]) -> Result<(), KeyStoreError> {
        let write = || {
            let mut unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.0)?;
            if geteuid().is_root() {
                let owner = fs::metadata(&self.0)?;
                fchown(unfinished.as_file(), Some(owner.uid()), Some(owner.gid()))?;
            }
            unfinished.write_all(lifecycle.lines().as_bytes())?;
            unfinished.write_all(key)?;
            unfinished.as_file().sync_all()?;
            unfinished.persist(file).map_err(|error| error.error)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| KeyStoreError::File(file.to_owned(), error))
    }

    fn failed(&self, error: io::Error) -> KeyStoreError {
        KeyStoreError::Folder(self.0.clone(), error)
    }
}

fn is_pem(file: &Path) -> bool {
    file.extension() == Some(OsStr::new("pem"))
}

fn read(file: PathBuf) -> Result<DatedKey, KeyStoreError> {
    let failed = |error| KeyStoreError::File(file.clone(), error);
    let found = fs::metadata(&file).map_err(failed)?;
    if !found.is_file() || found.len() > MAX_FILE_SIZE {
        return Err(failed(io::Error::other("it is not a regular file, or too large for a key")));
    }
    if is_exposed(&found) {
        return Err(KeyStoreError::Exposed(file, found.mode() & 0o777));
    }
    let content = SecretSlice::from(fs::read(&file).map_err(failed)?);
    let (lifecycle, rest) = KeyLifecycle::read(content.expose_secret(), is_pem(&file))
        .map_err(|error| KeyStoreError::InvalidTimestamp(file.clone(), error))?;
    let invalid = |error| KeyStoreError::InvalidKey(file.clone(), error);
    let (id, key) = if is_pem(&file) {
        let key = pem::read_key(rest).map_err(invalid)?;
        (key.public().map(|public| public.id.clone()).unwrap_or_default(), key)
    } else {
        let id = secret_id(&file).ok_or_else(|| KeyStoreError::InvalidName(file.clone()))?;
        (
            id.to_owned(),
            Key::secret(Some(id), trimmed(rest))
                .map_err(|short| invalid(InvalidKeyError::SecretTooShort(short.length)))?,
        )
    };
    Ok(DatedKey { id, key, lifecycle, file })
}

/// Generates the id of a secret. It is independent of the secret, so that it reveals nothing.
fn new_secret_id(randomness: &dyn Randomness) -> String {
    let mut bytes = [0; 16];
    randomness.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the id of a secret, which is the name of its file.
fn secret_id(file: &Path) -> Option<&str> {
    let id = file.file_stem()?.to_str()?;
    let is_valid =
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    is_valid.then_some(id)
}

/// Removes line breaks at the end, which editors and `echo` add.
fn trimmed(secret: &[u8]) -> &[u8] {
    let end = secret.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &secret[..end]
}

/// Returns whether users other than the owner can read a file. A file of root may be readable by
/// the service's group. Postgres has the same rule for its key.
fn is_exposed(file: &Metadata) -> bool {
    let is_roots = file.uid() == 0 && !geteuid().is_root();
    file.mode() & if is_roots { 0o027 } else { 0o077 } != 0
}
