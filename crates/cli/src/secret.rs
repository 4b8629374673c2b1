//! The secret that signs tokens, and the key that encrypts stored secrets: configured, or generated
//! once in the data directory.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use nix::unistd::geteuid;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sihha_domain::randomness::Randomness;
use sihha_infra::jwt::generate_secret;
use sihha_infra::secret_box::ChaChaBox;
use sihha_infra::system::SystemRandomness;
use sihha_infra::trusted_path::{check_data_file, check_trusted};
use tempfile::NamedTempFile;

/// A secret, and where an operator can give it.
struct Source {
    name: &'static str,
    variable: &'static str,
    option: &'static str,
}

const JWT: Source = Source { name: "JWT secret", variable: "SIHHA_JWT_SECRET", option: "--jwt-secret-file" };
const LEGACY_JWT: Source = Source {
    name: "legacy JWT secret",
    variable: "SIHHA_LEGACY_JWT_SECRET",
    option: "--legacy-jwt-secret-file",
};
/// In the data directory.
const JWT_FILE: &str = "jwt-secret";
const KEY: Source = Source { name: "secret key", variable: "SIHHA_SECRET_KEY", option: "--secret-key-file" };
const SMTP: Source =
    Source { name: "SMTP password", variable: "SIHHA_SMTP_PASSWORD", option: "--smtp-password-file" };

/// Variables that have no option.
pub(crate) const VARIABLES: [&str; 4] = [JWT.variable, LEGACY_JWT.variable, KEY.variable, SMTP.variable];

/// What an operator can do without a secret key.
pub(crate) const NO_KEY: &str = "no secret key is given; set SIHHA_SECRET_KEY to 64 hexadecimal digits (openssl rand -hex 32), or \
     SIHHA_SECRET_KEY_FILE to a file that holds them";

/// Returns the secret in the environment or in `file`, or else the secret in `data_dir`. Generates
/// the latter if it is missing and `needed`. Generates nothing without `data_dir`.
pub(crate) fn load(
    file: Option<&Path>,
    data_dir: Option<&Path>,
    needed: bool,
    randomness: &dyn Randomness,
) -> anyhow::Result<Option<SecretSlice<u8>>> {
    match (JWT.given(file)?, data_dir) {
        (Some(secret), _) => Ok(Some(secret)),
        (None, Some(data_dir)) => JWT.stored(data_dir, JWT_FILE, needed, randomness),
        (None, None) if !needed => Ok(None),
        (None, None) => bail!(
            "no JWT secret is given; set {variable} to a secret of at least 32 bytes, or {variable}_FILE to a file that holds it",
            variable = JWT.variable
        ),
    }
}

/// Returns the secret of the legacy backend, if the environment or `file` has it.
pub(crate) fn load_legacy(file: Option<&Path>) -> anyhow::Result<Option<SecretSlice<u8>>> {
    LEGACY_JWT.given(file)
}

/// Returns the password for the SMTP server, if the environment or `file` has it.
pub(crate) fn load_smtp_password(file: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
    let Some(secret) = SMTP.given(file)? else { return Ok(None) };
    let text = std::str::from_utf8(secret.expose_secret()).context("the SMTP password is not UTF-8")?;
    Ok(Some(text.into()))
}

/// Returns what encrypts stored secrets: with the key in the environment or in `file`, or else the key
/// in `data_dir`, which is generated if it is missing. Returns `None` without a key.
pub(crate) fn load_box(file: Option<&Path>, data_dir: Option<&Path>) -> anyhow::Result<Option<ChaChaBox>> {
    let key = match (KEY.given(file)?, data_dir) {
        (None, Some(data_dir)) => KEY.stored(data_dir, "secret-key", true, &SystemRandomness)?,
        (given, _) => given,
    };
    let new_box = |key: SecretSlice<u8>| ChaChaBox::new(key.expose_secret(), Arc::new(SystemRandomness));
    Ok(key.map(new_box).transpose()?)
}

impl Source {
    fn given(&self, file: Option<&Path>) -> anyhow::Result<Option<SecretSlice<u8>>> {
        let Self { variable, option, .. } = self;
        match (std::env::var_os(variable), file) {
            (Some(_), Some(_)) => bail!("both {variable} and {option} are given; give one"),
            (Some(secret), None) => Ok(Some(without_line_break(secret.into_encoded_bytes()))),
            (None, Some(file)) => {
                check_trusted(file).with_context(|| format!("{option} is not safe"))?;
                self.read(file).map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    fn read(&self, file: &Path) -> anyhow::Result<SecretSlice<u8>> {
        let name = self.name;
        let context = || format!("cannot read the {name} {}", file.display());
        let others = fs::metadata(file).with_context(context)?.permissions().mode() & 0o077;
        if others != 0 {
            tracing::warn!(file = %file.display(), "other users can read the {name}; run chmod 600 on its file");
        }
        Ok(without_line_break(fs::read(file).with_context(context)?))
    }

    fn stored(
        &self,
        data_dir: &Path,
        file: &str,
        needed: bool,
        randomness: &dyn Randomness,
    ) -> anyhow::Result<Option<SecretSlice<u8>>> {
        let (name, file) = (self.name, data_dir.join(file));
        if !file.exists() {
            if !needed {
                return Ok(None);
            }
            create(data_dir, &file, randomness)
                .with_context(|| format!("cannot create the {name} {}", file.display()))?;
        }
        check_data_file(data_dir, &file).with_context(|| format!("the {name} is not safe"))?;
        self.read(&file).map(Some)
    }
}

/// Removes line breaks at the end, which editors and `echo` add to files. A variable that is filled
/// from a file has them too.
fn without_line_break(mut secret: Vec<u8>) -> SecretSlice<u8> {
    while secret.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        secret.pop();
    }
    secret.into()
}

/// Writes a new secret to `file`, atomically. Never replaces a file that exists. If root runs a command,
/// the file belongs to the user who serves, as the JWT secret does.
fn create(data_dir: &Path, file: &Path, randomness: &dyn Randomness) -> std::io::Result<()> {
    let secret = generate_secret(randomness);
    // A new temporary file has mode 0600.
    let mut temporary = NamedTempFile::new_in(data_dir)?;
    temporary.write_all(secret.expose_secret().as_bytes())?;
    if let Some(jwt_secret) = fs::metadata(data_dir.join(JWT_FILE)).ok().filter(|_| geteuid().is_root()) {
        fchown(temporary.as_file(), Some(jwt_secret.uid()), None)?;
    }
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(file) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
        Ok(_) => fs::File::open(data_dir)?.sync_all(),
    }
}
