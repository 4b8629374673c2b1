//! The variables of the environment: warns of misspelt ones, and keeps libpq's away from the private Postgres.

use std::collections::BTreeSet;
use std::env;

use clap::{Command, CommandFactory};
use strsim::damerau_levenshtein;

use crate::config::Cli;
use crate::secret;

const PREFIX: &str = "SIHHA_";
const DATABASE_URL: &str = "DATABASE_URL";

/// Variables that were renamed, and their names now.
const RENAMED: [(&str, &str); 2] = [
    ("SIHHA_FORMER_JWT_SECRET", "SIHHA_LEGACY_JWT_SECRET"),
    ("SIHHA_FORMER_JWT_SECRET_FILE", "SIHHA_LEGACY_JWT_SECRET_FILE"),
];

/// Gives the value of each variable that was renamed to its new name, unless that is set as well.
///
/// # Safety
///
/// No other thread may run.
#[expect(unsafe_code, reason = "another thread could read the environment meanwhile")]
pub(crate) unsafe fn rename_old() {
    for (old, new) in RENAMED {
        if let Some(value) = env::var_os(old).filter(|_| env::var_os(new).is_none()) {
            // SAFETY: the caller's.
            unsafe { env::set_var(new, value) };
        }
    }
}

/// Logs a warning for each variable that has no effect and whose name is near one that has.
///
/// Other unknown names are no mistake: Kubernetes, for one, gives each container `SIHHA_SERVICE_HOST` where a service is
/// called `sihha`.
pub(crate) fn warn_of_misspelt() {
    let known = known();
    for (name, _) in env::vars_os() {
        if let Some(name) = name.to_str()
            && let Some(meant) = near(name, &known)
        {
            tracing::warn!(variable = name, meant, "unknown environment variable has no effect");
        }
    }
}

/// Removes libpq's variables (`PGHOST`, `PGSERVICE`, …). They are for another server than the private Postgres.
///
/// # Safety
///
/// No other thread may run.
#[expect(unsafe_code, reason = "another thread could read the environment meanwhile")]
pub(crate) unsafe fn forget_libpq() {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            // SAFETY: the caller's.
            unsafe { env::remove_var(name) };
        }
    }
}

/// The names that have an effect.
fn known() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = secret::VARIABLES.map(str::to_owned).into();
    known.extend(RENAMED.map(|(old, _)| old.to_owned()));
    collect(&Cli::command(), &mut known);
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
fn near<'a>(name: &str, known: &'a BTreeSet<String>) -> Option<&'a str> {
    if known.contains(name) {
        return None;
    }
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    let candidates = known.iter().filter_map(|known| Some((distance(&name, known)?, known)));
    candidates.min().map(|(_, known)| known.as_str())
}

/// Returns how far the names are apart, if that is near.
fn distance(name: &str, known: &str) -> Option<usize> {
    let typing = damerau_levenshtein(name, known);
    let part = known.strip_prefix(PREFIX).unwrap_or(known);
    let near = match part.len() {
        0..=5 => 1,
        6..=13 => 2,
        _ => 3,
    };
    if typing <= near {
        return Some(typing);
    }
    let added = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).filter(|rest| rest.starts_with('_')).map(str::len)
    };
    if known == DATABASE_URL {
        // As if it were one of ours, or a file's as with Docker's secrets.
        let stripped = name.strip_prefix(PREFIX).map_or(name, |rest| rest);
        return (stripped != name && damerau_levenshtein(stripped, known) <= near
            || name == "DATABASE_URL_FILE")
            .then_some(near);
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
    fn a_name_near_a_known_one_is_found() {
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
            assert_eq!(near(name, &known), Some(meant), "{name}");
        }
    }

    #[test]
    fn known_names_and_those_of_others_are_none() {
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
            assert_eq!(near(name, &known), None, "{name}");
        }
        assert!(known.len() > 30, "{known:?}");
    }
}
