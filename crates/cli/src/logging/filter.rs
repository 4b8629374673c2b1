//! Parses `--log`.

use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::DEFAULT_LOG;

const HOW: &str =
    "write error, warn, info, debug, trace or off, or such a level by target as in info,sihha=debug";

/// Parses levels and directives (`target=level`, `target[span{field=value}]=level`), separated by commas. Without any, the
/// default applies.
///
/// Stricter than `EnvFilter`, which takes a misspelt level for a target and then logs nothing.
pub(super) fn parse(text: &str) -> anyhow::Result<EnvFilter> {
    let directives = || text.split(',').map(str::trim).filter(|directive| !directive.is_empty());
    if directives().next().is_none() {
        return Ok(EnvFilter::try_new(DEFAULT_LOG)?);
    }
    let filter = || {
        directives().try_for_each(check)?;
        let text = directives().collect::<Vec<_>>().join(",");
        EnvFilter::try_new(text).with_context(|| format!("it is no directive; {HOW}"))
    };
    filter().with_context(|| format!("--log {text:?} (or SIHHA_LOG) is not understood"))
}

fn check(directive: &str) -> anyhow::Result<()> {
    let Some((target, level)) = directive.rsplit_once('=').filter(|_| !directive.ends_with([']', '}']))
    else {
        ensure!(is_level(directive), "{directive:?} is no level; {HOW}");
        return Ok(());
    };
    ensure!(is_level(level), "{level:?} in {directive:?} is no level; {HOW}");
    let name = target.split('[').next().unwrap_or_default();
    if target.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "_:-.".contains(c)) {
        bail!("{target:?} in {directive:?} is no target; {HOW}");
    }
    Ok(())
}

fn is_level(text: &str) -> bool {
    !text.is_empty() && LevelFilter::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_directives_are_understood() {
        for (text, understood) in [
            ("warn", "warn"),
            ("WARN", "warn"),
            ("3", "info"),
            ("off", "off"),
            ("info,sihha=debug", "sihha=debug,info"),
            (" info , sihha=debug ,", "sihha=debug,info"),
            ("sihha_api::middleware=trace", "sihha_api::middleware=trace"),
            ("warn,[request{request_id=7}]=trace", "warn,[request{request_id=7}]=trace"),
            ("sihha[request]=debug", "sihha[request]=debug"),
            ("", DEFAULT_LOG),
            (" , ", DEFAULT_LOG),
        ] {
            let filter = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:#}")).to_string();
            let parts = |text: &str| {
                let mut parts: Vec<String> = text.split(',').map(str::to_owned).collect();
                parts.sort();
                parts
            };
            assert_eq!(parts(&filter), parts(understood), "{text:?}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_by_its_name() {
        for (text, part) in [
            ("warning", "\"warning\" is no level"),
            ("sihha", "\"sihha\" is no level"),
            ("info,debugg", "\"debugg\" is no level"),
            ("6", "\"6\" is no level"),
            ("sihha=loud", "\"loud\" in \"sihha=loud\" is no level"),
            ("sihha=", "\"\" in \"sihha=\" is no level"),
            ("=debug", "\"\" in \"=debug\" is no target"),
            ("info;sihha=debug", "\"info;sihha\" in"),
            ("sihha = debug", "is no level"),
            ("sihha =debug", "\"sihha \" in"),
            ("[request]", "\"[request]\" is no level"),
            ("sihha[request{id=1}]", "is no level"),
            ("sihha[request{id=1]=info", "it is no directive"),
            ("sihha[request=info", "it is no directive"),
            ("info\nwarn", "is no level"),
        ] {
            let error = parse(text).map(drop).expect_err(text);
            let line = format!("{error:#}");
            assert!(line.contains("--log") && line.contains(part) && line.contains(HOW), "{text:?}: {line}");
            assert_eq!(line.lines().count(), 1, "{line}");
        }
    }
}
