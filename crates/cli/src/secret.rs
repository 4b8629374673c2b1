//! The secret that signs tokens: configured, or generated once in the data directory.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretSlice};
use sihha_domain::randomness::Randomness;
use sihha_infra::jwt::generate_secret;
use sihha_infra::trusted_path::{check_data_file, check_trusted};
use tempfile::NamedTempFile;

const VARIABLE: &str = "SIHHA_JWT_SECRET";
const LEGACY_VARIABLE: &str = "SIHHA_LEGACY_JWT_SECRET";
/// Variables that have no option.
pub(crate) const VARIABLES: [&str; 2] = [VARIABLE, LEGACY_VARIABLE];

/// Returns the secret in the environment or in `file`, or else the secret in `data_dir`. Generates
/// the latter if it is missing and `needed`. Generates nothing without `data_dir`.
pub(crate) fn load(
    file: Option<&Path>,
    data_dir: Option<&Path>,
    needed: bool,
    randomness: &dyn Randomness,
) -> anyhow::Result<Option<SecretSlice<u8>>> {
    match (given(VARIABLE, file, "--jwt-secret-file")?, data_dir) {
        (Some(secret), _) => Ok(Some(secret)),
        (None, Some(data_dir)) => stored(data_dir, needed, randomness),
        (None, None) if !needed => Ok(None),
        (None, None) => bail!(
            "no JWT secret is given; set {VARIABLE} to a secret of at least 32 bytes, or {VARIABLE}_FILE to a file that holds it"
        ),
    }
}

/// Returns the secret of the legacy backend, if the environment or `file` has it.
pub(crate) fn load_legacy(file: Option<&Path>) -> anyhow::Result<Option<SecretSlice<u8>>> {
    given(LEGACY_VARIABLE, file, "--legacy-jwt-secret-file")
}

fn given(variable: &str, file: Option<&Path>, option: &str) -> anyhow::Result<Option<SecretSlice<u8>>> {
    let secret = std::env::var_os(variable).filter(|value| !value.is_empty());
    match (secret, file) {
        (Some(_), Some(_)) => bail!("both {variable} and {option} are given; give one"),
        (Some(secret), None) => Ok(Some(without_line_break(secret.into_encoded_bytes()))),
        (None, Some(file)) => {
            check_trusted(file).with_context(|| format!("{option} is not safe"))?;
            read(file).map(Some)
        }
        (None, None) => Ok(None),
    }
}

fn read(file: &Path) -> anyhow::Result<SecretSlice<u8>> {
    let context = || format!("cannot read the JWT secret {}", file.display());
    let others = fs::metadata(file).with_context(context)?.permissions().mode() & 0o077;
    if others != 0 {
        tracing::warn!(file = %file.display(), "other users can read the JWT secret; run chmod 600 on its file");
    }
    Ok(without_line_break(fs::read(file).with_context(context)?))
}

/// Removes line breaks at the end, which editors and `echo` add to files. A variable that is filled
/// from a file has them too.
fn without_line_break(mut secret: Vec<u8>) -> SecretSlice<u8> {
    while secret.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        secret.pop();
    }
    secret.into()
}

fn stored(
    data_dir: &Path,
    needed: bool,
    randomness: &dyn Randomness,
) -> anyhow::Result<Option<SecretSlice<u8>>> {
    let file = data_dir.join("jwt-secret");
    if !file.exists() {
        if !needed {
            return Ok(None);
        }
        create(data_dir, &file, randomness)
            .with_context(|| format!("cannot create the JWT secret {}", file.display()))?;
    }
    check_data_file(data_dir, &file).context("the JWT secret is not safe")?;
    read(&file).map(Some)
}

/// Writes a new secret to `file`, atomically. Never replaces a file that exists.
fn create(data_dir: &Path, file: &Path, randomness: &dyn Randomness) -> std::io::Result<()> {
    let secret = generate_secret(randomness);
    // A new temporary file has mode 0600.
    let mut temporary = NamedTempFile::new_in(data_dir)?;
    temporary.write_all(secret.expose_secret().as_bytes())?;
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(file) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
        Ok(_) => fs::File::open(data_dir)?.sync_all(),
    }
}
