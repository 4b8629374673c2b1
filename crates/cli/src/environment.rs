//! Environment variables: removes empty ones, warns about those without an effect, and removes
//! libpq's, which are not meant for the private Postgres.

use std::collections::BTreeSet;
use std::env;

use clap::Command;
use strsim::damerau_levenshtein;

use crate::config;
use crate::secret;

const PREFIX: &str = "SIHHA_";
const DATABASE_URL: &str = "DATABASE_URL";

/// Variables that were renamed, with their current names.
const RENAMED: [(&str, &str); 2] = [
    ("SIHHA_FORMER_JWT_SECRET", "SIHHA_LEGACY_JWT_SECRET"),
    ("SIHHA_FORMER_JWT_SECRET_FILE", "SIHHA_LEGACY_JWT_SECRET_FILE"),
];

/// Variables that had an effect in earlier releases, with the arguments that have it now. They
/// named a person or a decision, so one that was still exported acted on the wrong person.
const REMOVED: [(&str, &str); 14] = [
    ("SIHHA_DECIDER", "--by"),
    ("SIHHA_EMAIL", "--email"),
    ("SIHHA_ID", "--id"),
    ("SIHHA_JSON", "--json"),
    ("SIHHA_KEY_ALGORITHM", "--algorithm"),
    ("SIHHA_KEY_DELAY", "--after"),
    ("SIHHA_KID", "KID"),
    ("SIHHA_LIST_LIMIT", "--limit"),
    ("SIHHA_MIGRATE_FINISH", "--finish"),
    ("SIHHA_OPENED_BEFORE", "--opened-before"),
    ("SIHHA_REASON", "--reason"),
    ("SIHHA_RECONSIDER", "--reconsider"),
    ("SIHHA_ROLE", "--role"),
    ("SIHHA_STATE", "--state"),
];

/// Removes our empty variables. Compose files and service managers set a variable to nothing where
/// a person would leave it out. An empty `DATABASE_URL` stays, and is an error.
///
/// # Safety
///
/// No other thread may run.
#[expect(unsafe_code, reason = "another thread could read the environment meanwhile")]
pub(crate) unsafe fn remove_empty() {
    for (name, value) in env::vars_os() {
        let is_ours = name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
        if is_ours && value.as_encoded_bytes().trim_ascii().is_empty() {
            // SAFETY: the caller guarantees it.
            unsafe { env::remove_var(name) };
        }
    }
}

/// Copies the value of each renamed variable to its current name, unless that is set as well.
///
/// # Safety
///
/// No other thread may run.
#[expect(unsafe_code, reason = "another thread could read the environment meanwhile")]
pub(crate) unsafe fn rename_legacy() {
    for (old, new) in RENAMED {
        if let Some(value) = env::var_os(old).filter(|_| env::var_os(new).is_none()) {
            // SAFETY: the caller guarantees it.
            unsafe { env::set_var(new, value) };
        }
    }
}

/// Logs a warning for each variable that had an effect in earlier releases, or whose name resembles
/// one that has.
///
/// Other unknown names are not mistakes: Kubernetes, for example, sets `SIHHA_SERVICE_HOST` in each
/// container if a service is called `sihha`.
pub(crate) fn warn_of_ineffective() {
    let known = known();
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if let Some((_, argument)) = REMOVED.iter().find(|(removed, _)| *removed == name) {
            tracing::warn!(variable = name, argument, "environment variable has no effect; use the argument");
        } else if let Some(meant) = similar(name, &known) {
            tracing::warn!(variable = name, meant, "unknown environment variable has no effect");
        }
    }
}

/// Removes libpq's variables (`PGHOST`, `PGSERVICE`, …), for the private Postgres.
///
/// # Safety
///
/// No other thread may run.
#[expect(unsafe_code, reason = "another thread could read the environment meanwhile")]
pub(crate) unsafe fn remove_libpq_variables() {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            // SAFETY: the caller guarantees it.
            unsafe { env::remove_var(name) };
        }
    }
}

/// Returns the names of the variables that have an effect.
fn known() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = secret::VARIABLES.map(str::to_owned).into();
    known.extend(RENAMED.map(|(old, _)| old.to_owned()));
    collect(&config::command(), &mut known);
    known
}

fn collect(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(
        command.get_arguments().filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned())),
    );
    for command in command.get_subcommands() {
        collect(command, known);
    }
}

/// Returns the known name that `name` was probably meant to be.
fn similar<'a>(name: &str, known: &'a BTreeSet<String>) -> Option<&'a str> {
    if known.contains(name) {
        return None;
    }
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    let candidates = known.iter().filter_map(|known| Some((distance(&name, known)?, known)));
    candidates.min().map(|(_, known)| known.as_str())
}

/// Returns the edit distance of the names if they are similar.
fn distance(name: &str, known: &str) -> Option<usize> {
    let typing = damerau_levenshtein(name, known);
    let part = known.strip_prefix(PREFIX).unwrap_or(known);
    let max = match part.len() {
        0..=5 => 1,
        6..=13 => 2,
        _ => 3,
    };
    if typing <= max {
        return Some(typing);
    }
    let added = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).filter(|rest| rest.starts_with('_')).map(str::len)
    };
    if known == DATABASE_URL {
        // With our prefix, or with the suffix of a file's name as for Docker's secrets.
        let stripped = name.strip_prefix(PREFIX).unwrap_or(name);
        return (stripped != name && damerau_levenshtein(stripped, known) <= max
            || name == "DATABASE_URL_FILE")
            .then_some(max);
    }
    // A word too many or too few: `SIHHA_LOG_LEVEL`, `SIHHA_ARGON2_MEMORY`.
    if !name.starts_with(PREFIX) {
        return None;
    }
    added(name, known).or_else(|| added(known, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_recognized() {
        let known = known();
        for (name, meant) in [
            ("DATABSE_URL", "DATABASE_URL"),
            ("DATABASE_URI", "DATABASE_URL"),
            ("DATABASEURL", "DATABASE_URL"),
            ("database_url", "DATABASE_URL"),
            ("SIHHA_DATABASE_URL", "DATABASE_URL"),
            ("DATABASE_URL_FILE", "DATABASE_URL"),
            ("SIHHA_ACESS_LIFETIME", "SIHHA_ACCESS_LIFETIME"),
            ("SIHA_LISTEN", "SIHHA_LISTEN"),
            ("SIHHA_LSITEN", "SIHHA_LISTEN"),
            ("SIHHA_DATADIR", "SIHHA_DATA_DIR"),
            ("SIHHA_DATA_DRI", "SIHHA_DATA_DIR"),
            ("SIHHA_JWT_SECRETS", "SIHHA_JWT_SECRET"),
            ("SIHHA_JWT_SECRET_FLIE", "SIHHA_JWT_SECRET_FILE"),
            ("SIHHA_LOG_LEVEL", "SIHHA_LOG"),
            ("SIHHA_ARGON2_MEMORY", "SIHHA_ARGON2_MEMORY_KIB"),
            ("sihha-drain", "SIHHA_DRAIN"),
        ] {
            assert_eq!(similar(name, &known), Some(meant), "{name}");
        }
    }

    #[test]
    fn known_names_and_those_of_other_programs_are_not_misspelt() {
        let known = known();
        let others = [
            "PATH",
            "HOME",
            "LOG",
            "ROLE",
            "DATA_DIR",
            "DATABASE_HOST",
            "SIHHA_PORT",
            "SIHHA_PORT_8000_TCP",
            "SIHHA_SERVICE_HOST",
            "SIHHA_SERVICE_PORT",
            "SIHHA_VERSION",
        ];
        for name in others.into_iter().chain(known.iter().map(String::as_str)) {
            assert_eq!(similar(name, &known), None, "{name}");
        }
        assert!(known.len() > 30, "{known:?}");
        for (removed, _) in REMOVED {
            assert!(!known.contains(removed), "{removed} has an effect");
        }
    }
}
