use anyhow::bail;
use sihha_domain::clock::format_timestamp;
use sihha_domain::idempotency::Outcome;
use sihha_domain::suspension::{AccountStanding, Suspension, SuspensionError, SuspensionRequest};
use sihha_domain::text::printable;

use super::staff_name::user_name;
use super::use_cases::with_use_cases;
use crate::config::{AccountOptions, SuspendOptions};
use crate::output;

/// Suspends an account.
pub(super) fn suspend(options: &SuspendOptions) -> anyhow::Result<()> {
    with_use_cases(&options.account.database, |use_cases| {
        let request = request(&options.account)?;
        report(&request, use_cases.suspend.run(&request, &options.reason).map(Outcome::done))
    })
}

/// Reinstates an account.
pub(super) fn reinstate(options: &AccountOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let request = request(options)?;
        report(&request, use_cases.reinstate.run(&request).map(Outcome::done))
    })
}

/// Forgets the failed log-ins of an account.
pub(super) fn lift_throttle(options: &AccountOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let request = request(options)?;
        let outcome = use_cases.lift_throttle.run(&request).map(Outcome::done);
        if let Some(standing) = known(&request, outcome)? {
            output::report(&format!("lifted: {}\n", who(&standing)));
        }
        Ok(())
    })
}

fn request(options: &AccountOptions) -> anyhow::Result<SuspensionRequest<'static>> {
    let by = options.by.clone().map_or_else(user_name, Ok)?;
    Ok(SuspensionRequest::once(options.account.account(), by))
}

/// Prints the current state of the account in one line, whether this command or an earlier one
/// caused it.
fn report(
    request: &SuspensionRequest<'_>,
    outcome: Result<Option<AccountStanding>, SuspensionError>,
) -> anyhow::Result<()> {
    if let Some(standing) = known(request, outcome)? {
        let who = who(&standing);
        let line = standing
            .suspension
            .map_or_else(|| format!("never suspended: {who}"), |last| describe(&who, &last));
        output::report(&format!("{line}\n"));
    }
    Ok(())
}

/// Returns the account; `None` if the request had been done before, which only one with a key can be.
fn known(
    request: &SuspensionRequest<'_>,
    outcome: Result<Option<AccountStanding>, SuspensionError>,
) -> anyhow::Result<Option<AccountStanding>> {
    match outcome {
        Err(SuspensionError::UnknownAccount) => {
            bail!("there is no account with {}", printable(&request.account.to_string()))
        }
        outcome => Ok(outcome?),
    }
}

fn who(standing: &AccountStanding) -> String {
    let AccountStanding { role, email, name, .. } = standing;
    format!("{} {} ({})", role.as_str(), printable(email.as_str()), printable(name))
}

fn describe(who: &str, last: &Suspension) -> String {
    let (state, by, at, reason) = match &last.reinstatement {
        None => ("suspended", &last.by, last.at, format!(": {}", printable(last.reason.as_str()))),
        Some(reinstatement) => ("reinstated", &reinstatement.by, reinstatement.at, String::new()),
    };
    format!("{state}: {who}, by {} on {}{reason}", printable(by.as_str()), format_timestamp(at))
}
