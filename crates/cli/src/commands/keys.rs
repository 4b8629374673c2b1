use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sihha_domain::clock::{Clock, format_timestamp};
use sihha_infra::jwt::{KeyInfo, KeyState, KeyStore};
use sihha_infra::system::{SystemClock, SystemRandomness};

use crate::config::{
    GenerateOptions, KeyStoreOptions, KeysCommand, KeysListOptions, RetireOptions, RotateNowOptions,
};
use crate::output;

/// Generates, lists, retires or replaces keys.
pub(crate) fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Generate(options) => generate(&options),
        KeysCommand::List(options) => list(&options),
        KeysCommand::Retire(options) => retire(&options),
        KeysCommand::RotateNow(options) => rotate_now(&options),
    }
}

fn generate(options: &GenerateOptions) -> anyhow::Result<()> {
    let key = store(&options.store).generate(
        options.algorithm,
        options.after,
        SystemClock.now(),
        &SystemRandomness,
    )?;
    let (algorithm, from) = (key.algorithm.as_str(), format_time(key.since));
    output::report(&format!("generated: {algorithm} {}, signs from {from}\n", key.id));
    Ok(())
}

fn list(options: &KeysListOptions) -> anyhow::Result<()> {
    let longest_token = options.lifetimes.lifetimes().longest_token();
    let keys = store(&options.store).list(longest_token, SystemClock.now())?;
    let mut out = String::new();
    if options.json {
        for key in &keys {
            writeln!(out, "{}", to_json(key))?;
        }
        return output::print(&out);
    }
    let width = keys.iter().map(|key| key.id.len()).max().unwrap_or(3);
    writeln!(out, "{:width$}  ALG    STATE       SINCE                     UNTIL", "KID")?;
    for KeyInfo { id, algorithm, state, since, until } in &keys {
        let (algorithm, state) = (algorithm.as_str(), state.as_str());
        let (since, until) = (format_time(*since), format_time(*until));
        writeln!(out, "{id:width$}  {algorithm:5}  {state:10}  {since:24}  {until}")?;
    }
    output::print(&out)
}

fn retire(options: &RetireOptions) -> anyhow::Result<()> {
    let (store, now) = (store(&options.store), SystemClock.now());
    store.retire(&options.kid, now)?;
    // The key is retired, even if the others cannot be read.
    let keys = store.list(options.lifetimes.lifetimes().longest_token(), now).unwrap_or_default();
    let until = format_time(keys.iter().find(|key| key.id == options.kid).and_then(|key| key.until));
    output::report(&format!("retired: {}, verifies until {until}\n", options.kid));
    Ok(())
}

/// What the removal of a key costs.
const PRICE: &str = "\
Each instance follows within 30 seconds, or immediately at SIGHUP; if it has a copy of the folder, update that first.
Then every access and refresh token of a removed key gets 401 token_not_valid: its users must log in again.
Other services accept the removed key, and refuse the new one, until they fetch the JWKS again. Restart those that
cache it: Envoy for 10 minutes, Istio for 20, others as long as they are set to.
";

fn rotate_now(options: &RotateNowOptions) -> anyhow::Result<()> {
    let (store, now) = (store(&options.store), SystemClock.now());
    let mut out = String::new();
    for kid in store.rotate_now(&options.kids, now, &SystemRandomness)? {
        writeln!(out, "removed: {kid}")?;
    }
    let keys = store.list(TimeDelta::zero(), SystemClock.now()).unwrap_or_default();
    if let Some(signer) = keys.iter().find(|key| key.state == KeyState::Signing) {
        writeln!(out, "signs now: {} {}", signer.algorithm.as_str(), signer.id)?;
    }
    output::report(&(out + PRICE));
    Ok(())
}

fn store(options: &KeyStoreOptions) -> KeyStore {
    KeyStore::new(options.signing_keys.clone())
}

fn format_time(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(|| "-".to_owned(), format_timestamp)
}

fn to_json(key: &KeyInfo) -> serde_json::Value {
    json!({
        "kid": key.id,
        "algorithm": key.algorithm.as_str(),
        "state": key.state.as_str(),
        "since": key.since.map(format_timestamp),
        "until": key.until.map(format_timestamp),
    })
}
