//! Parses `--log`.

use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::DEFAULT_LOG;

const USAGE: &str =
    "write error, warn, info, debug, trace or off, or levels by target such as info,sihha=debug";

/// Silences what quotes a client's bytes, at any level: the web server's parser logs the headers that it
/// refuses.
const SILENCED: &str = "actix_http::h1::decoder=off";

/// Parses levels and directives (`target=level`, `target[span{field=value}]=level`) separated by
/// commas. An empty text means the default.
///
/// It is stricter than `EnvFilter`, which takes a misspelt level for a target and then logs
/// nothing.
pub(super) fn parse(text: &str) -> anyhow::Result<EnvFilter> {
    let directives = || text.split(',').map(str::trim).filter(|directive| !directive.is_empty());
    if directives().next().is_none() {
        return silenced(DEFAULT_LOG);
    }
    let filter = || {
        directives().try_for_each(check)?;
        let text = directives().collect::<Vec<_>>().join(",");
        silenced(&text).with_context(|| format!("it is not a directive; {USAGE}"))
    };
    filter().with_context(|| format!("invalid value {text:?} for --log (SIHHA_LOG)"))
}

fn silenced(directives: &str) -> anyhow::Result<EnvFilter> {
    Ok(EnvFilter::try_new(directives)?.add_directive(SILENCED.parse()?))
}

fn check(directive: &str) -> anyhow::Result<()> {
    let Some((target, level)) = directive.rsplit_once('=').filter(|_| !directive.ends_with([']', '}']))
    else {
        ensure!(is_level(directive), "{directive:?} is not a level; {USAGE}");
        return Ok(());
    };
    ensure!(is_level(level), "{level:?} in {directive:?} is not a level; {USAGE}");
    let name = target.split('[').next().unwrap_or_default();
    if target.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "_:-.".contains(c)) {
        bail!("{target:?} in {directive:?} is not a target; {USAGE}");
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
    fn levels_and_directives_are_parsed() {
        for (text, parsed) in [
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
            ("actix_http::h1::decoder=trace", ""),
        ] {
            let filter = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:#}")).to_string();
            let parts = |text: &str| {
                let parts = text.split(',').filter(|part| !part.is_empty());
                let mut parts: Vec<String> = parts.map(str::to_owned).collect();
                parts.sort();
                parts
            };
            assert_eq!(parts(&filter), parts(&format!("{parsed},{SILENCED}")), "{text:?}");
        }
    }

    #[test]
    fn an_invalid_part_is_rejected_and_named() {
        for (text, part) in [
            ("warning", "\"warning\" is not a level"),
            ("sihha", "\"sihha\" is not a level"),
            ("info,debugg", "\"debugg\" is not a level"),
            ("6", "\"6\" is not a level"),
            ("sihha=loud", "\"loud\" in \"sihha=loud\" is not a level"),
            ("sihha=", "\"\" in \"sihha=\" is not a level"),
            ("=debug", "\"\" in \"=debug\" is not a target"),
            ("info;sihha=debug", "\"info;sihha\" in"),
            ("sihha = debug", "is not a level"),
            ("sihha =debug", "\"sihha \" in"),
            ("[request]", "\"[request]\" is not a level"),
            ("sihha[request{id=1}]", "is not a level"),
            ("sihha[request{id=1]=info", "it is not a directive"),
            ("sihha[request=info", "it is not a directive"),
            ("info\nwarn", "is not a level"),
        ] {
            let error = parse(text).map(drop).expect_err(text);
            let line = format!("{error:#}");
            assert!(
                line.contains("--log") && line.contains(part) && line.contains(USAGE),
                "{text:?}: {line}"
            );
            assert_eq!(line.lines().count(), 1, "{line}");
        }
    }
}
