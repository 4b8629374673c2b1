//! The folder of keys: a file each, `.pem` for a private key (PKCS#8), `.secret` for a secret.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, fchown};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use nix::unistd::geteuid;
use secrecy::{ExposeSecret, SecretSlice};
use sihha_domain::randomness::Randomness;

use super::key::{self, InvalidKeyError, Key, KeyAlgorithm};
use super::key_set::{DatedKey, KeyInfo, KeySet};
use super::lifecycle::{InvalidTimestampError, KeyLifecycle};

/// How long a new key is only published. Longer than instances take to read the folder again (30 seconds) and than
/// consumers may keep the JWKS (5 minutes) together.
pub const ACTIVATION_DELAY: TimeDelta = TimeDelta::minutes(10);
/// No key is larger, whatever is written above it.
const MAX_FILE: u64 = 64 * 1024;
const UNFINISHED: &str = ".unfinished-";

/// A folder of keys, which several instances may share.
#[derive(Debug, Clone)]
pub struct KeyStore(PathBuf);

/// What is wrong with a folder of keys, in one line that names the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The folder cannot be read or written.
    #[error("cannot use the signing keys in {0}: {1}; `sihha keys generate` makes the folder and a key")]
    Folder(PathBuf, io::Error),
    /// A file cannot be read or written.
    #[error("cannot use the signing key {0}: {1}")]
    File(PathBuf, io::Error),
    /// A file that others can read.
    #[error("others on this machine can read the signing key {0} (mode {1:04o}); run chmod 600 on it")]
    Exposed(PathBuf, u32),
    /// A file that is no key.
    #[error("the signing key {0} {1}")]
    InvalidKeyError(PathBuf, InvalidKeyError),
    /// A file with a date that is none.
    #[error("the signing key {0} has a wrong date, {1}")]
    InvalidTimestampError(PathBuf, InvalidTimestampError),
    /// A secret's name that cannot be its `kid`.
    #[error("the signing key {0} needs a name of 1 to 64 letters, digits, - and _ before `.secret`: its kid")]
    Name(PathBuf),
    /// Two files of one key.
    #[error("the signing keys {0} and {1} have the same kid; remove one")]
    Twice(PathBuf, PathBuf),
    /// Two keys without a date.
    #[error(
        "of the signing keys {0} and {1} neither says since when it signs; write `Signs-From: 2026-11-23T09:30:00Z` above the newer"
    )]
    Undated(PathBuf, PathBuf),
    /// Nothing can sign.
    #[error("no key in {0} can sign: {1}; `sihha keys generate --signing-keys {0}` makes one")]
    NoSigner(PathBuf, &'static str),
    /// No such key.
    #[error("there is no key {1} in {0}; `sihha keys list` shows them")]
    Unknown(PathBuf, String),
    /// A key that is retired already.
    #[error("the key {0} was retired at {1}")]
    AlreadyRetired(String, DateTime<Utc>),
    /// A key that is needed.
    #[error("{0} is the only key that can sign; {1}")]
    OnlySigner(String, String),
    /// There is no randomness to make a key of.
    #[error("no key could be made")]
    Generation,
}

impl KeyStore {
    /// The folder at `path`; nothing is read yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// What there is to tell of each key at `now`, the newest first, if tokens live no longer than `longest_token`.
    ///
    /// # Errors
    ///
    /// If the folder or a file of it is wrong.
    pub fn list(&self, longest_token: TimeDelta, now: DateTime<Utc>) -> Result<Vec<KeyInfo>, KeyStoreError> {
        Ok(KeySet::new(self.keys()?, longest_token).describe(now))
    }

    /// Adds a new key, in a folder that is made if there is none. It signs after `delay`; by default at once if no other
    /// key can sign at `now`, and else after [`ACTIVATION_DELAY`].
    ///
    /// # Errors
    ///
    /// If the folder or a file of it is wrong.
    pub fn generate(
        &self,
        algorithm: KeyAlgorithm,
        delay: Option<TimeDelta>,
        now: DateTime<Utc>,
        randomness: &dyn Randomness,
    ) -> Result<KeyInfo, KeyStoreError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(|error| self.failed(error))?;
        let _lock = self.lock()?;
        self.remove_unfinished()?;
        let keys = KeySet::new(self.keys()?, TimeDelta::zero());
        let default = if keys.signer(now).is_some() { ACTIVATION_DELAY } else { TimeDelta::zero() };
        let lifecycle =
            KeyLifecycle { signs_from: Some(now.trunc_subsecs(3) + delay.unwrap_or(default)), retired: None };

        let text = key::generate(algorithm, randomness).ok_or(KeyStoreError::Generation)?;
        let (id, kind) = if algorithm == KeyAlgorithm::Hs256 {
            (key::secret_id(randomness), "secret")
        } else {
            let key =
                Key::from_pem(text.expose_secret().as_bytes()).map_err(|_| KeyStoreError::Generation)?;
            (key.public().map(|public| public.id.clone()).ok_or(KeyStoreError::Generation)?, "pem")
        };
        let file = self.0.join(format!("{id}.{kind}"));
        self.write(&file, lifecycle, text.expose_secret().as_bytes())?;
        let known = self.list(TimeDelta::zero(), now)?.into_iter().find(|key| key.id == id);
        known.ok_or_else(|| KeyStoreError::Unknown(self.0.clone(), id))
    }

    /// Retires a key at `now`: it signs no more, and verifies until its last token has expired.
    ///
    /// # Errors
    ///
    /// If there is no such key, it is retired already, or no other key can sign by now.
    pub fn retire(&self, id: &str, now: DateTime<Utc>) -> Result<(), KeyStoreError> {
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
                Some((next, from)) => format!("its successor {next} signs from {from}: retire it then"),
                None => "make its successor by `sihha keys generate`, and retire it once that one signs"
                    .to_owned(),
            };
            return Err(KeyStoreError::OnlySigner(id.to_owned(), advice));
        }
        let content = fs::read(&key.file).map_err(|error| KeyStoreError::File(key.file.clone(), error))?;
        let (_, rest) = KeyLifecycle::read(&content, is_pem(&key.file))
            .map_err(|error| KeyStoreError::InvalidTimestampError(key.file.clone(), error))?;
        self.write(&key.file, KeyLifecycle { retired: Some(now.trunc_subsecs(3)), ..key.lifecycle }, rest)
    }

    /// The keys, one of which can sign at `now` or will be able to.
    pub(super) fn usable(
        &self,
        longest_token: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<KeySet, KeyStoreError> {
        let keys = KeySet::new(self.keys()?, longest_token);
        let why = match (keys.is_empty(), keys.signer(now).or_else(|| keys.next_signer(now))) {
            (_, Some(_)) => return Ok(keys),
            (true, None) => "there is none (a file's name ends in .pem or .secret)",
            (false, None) => "all are retired",
        };
        Err(KeyStoreError::NoSigner(self.0.clone(), why))
    }

    fn keys(&self) -> Result<Vec<DatedKey>, KeyStoreError> {
        let mut keys: Vec<DatedKey> = Vec::new();
        for file in self.files()? {
            let key = read(file)?;
            if let Some(known) = keys.iter().find(|known| known.id == key.id) {
                return Err(KeyStoreError::Twice(known.file.clone(), key.file));
            }
            let undated = |key: &DatedKey| key.lifecycle == KeyLifecycle::default();
            if let Some(known) = keys.iter().find(|known| undated(known) && undated(&key)) {
                return Err(KeyStoreError::Undated(known.file.clone(), key.file));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    /// The files that are keys by their names. Hidden ones are not: half-written ones, and what Kubernetes mounts beside.
    fn files(&self) -> Result<Vec<PathBuf>, KeyStoreError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(|error| self.failed(error))? {
            let path = entry.map_err(|error| self.failed(error))?.path();
            let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if !hidden && (is_pem(&path) || path.extension() == Some(OsStr::new("secret"))) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Keeps other commands out, so that no two retire each other's successor.
    fn lock(&self) -> Result<File, KeyStoreError> {
        let folder = File::open(&self.0).map_err(|error| self.failed(error))?;
        folder.lock().map_err(|error| self.failed(error))?;
        Ok(folder)
    }

    /// What commands left that were killed while they wrote.
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

    /// Whole or not at all, with mode 0600, and the folder's owner if root writes.
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
    if !found.is_file() || found.len() > MAX_FILE {
        return Err(failed(io::Error::other("it is no file of the size of a key")));
    }
    if is_exposed(&found) {
        return Err(KeyStoreError::Exposed(file, found.mode() & 0o777));
    }
    let content = SecretSlice::from(fs::read(&file).map_err(failed)?);
    let (lifecycle, rest) = KeyLifecycle::read(content.expose_secret(), is_pem(&file))
        .map_err(|error| KeyStoreError::InvalidTimestampError(file.clone(), error))?;
    let no_key = |error| KeyStoreError::InvalidKeyError(file.clone(), error);
    let (id, key) = if is_pem(&file) {
        let key = Key::from_pem(rest).map_err(no_key)?;
        (key.public().map(|public| public.id.clone()).unwrap_or_default(), key)
    } else {
        let id = secret_id(&file).ok_or_else(|| KeyStoreError::Name(file.clone()))?;
        (
            id.to_owned(),
            Key::secret(Some(id), trimmed(rest))
                .map_err(|short| no_key(InvalidKeyError::SecretTooShort(short.length)))?,
        )
    };
    Ok(DatedKey { id, key, lifecycle, file })
}

/// A secret's name is its file's: nothing of the secret shows in it.
fn secret_id(file: &Path) -> Option<&str> {
    let id = file.file_stem()?.to_str()?;
    let fits =
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    fits.then_some(id)
}

/// Without the line break at the end, which editors and `echo` write and nobody means.
fn trimmed(secret: &[u8]) -> &[u8] {
    let end = secret.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &secret[..end]
}

/// As Postgres judges its key: nobody but the owner may read it, or if that is root, the service's group.
fn is_exposed(file: &Metadata) -> bool {
    let roots = file.uid() == 0 && !geteuid().is_root();
    file.mode() & if roots { 0o027 } else { 0o077 } != 0
}
