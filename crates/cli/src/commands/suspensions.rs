use std::sync::Arc;

use anyhow::bail;
use sihha_domain::Error;
use sihha_domain::store::Store;
use sihha_domain::suspension::{AccountStanding, Reinstate, Suspend, Suspension, SuspensionRequest};
use sihha_infra::system::{SystemClock, SystemRandomness};

use super::staff_name::user_name;
use super::store::with_store;
use crate::config::{AccountOptions, AccountsCommand};
use crate::output::{self, printable};

/// Suspends or reinstates an account.
pub(crate) fn run(command: AccountsCommand) -> anyhow::Result<()> {
    match command {
        AccountsCommand::Suspend(options) => with_store(&options.account.database, |store| {
            let request = request(&options.account)?;
            let randomness = Arc::new(SystemRandomness);
            let suspend = Suspend { store, clock: Arc::new(SystemClock), randomness };
            report(&request, suspend.run(&request, &options.reason))
        }),
        AccountsCommand::Reinstate(options) => with_store(&options.database, |store: Arc<dyn Store>| {
            let request = request(&options)?;
            let reinstate = Reinstate { store, clock: Arc::new(SystemClock) };
            report(&request, reinstate.run(&request))
        }),
    }
}

fn request(options: &AccountOptions) -> anyhow::Result<SuspensionRequest> {
    let by = options.by.clone().map_or_else(user_name, Ok)?;
    Ok(SuspensionRequest { account: options.account.account(), by })
}

/// Prints the current state of the account in one line, whether this command or an earlier one
/// caused it.
fn report(request: &SuspensionRequest, outcome: Result<AccountStanding, Error>) -> anyhow::Result<()> {
    match outcome {
        Ok(AccountStanding { role, email, name, suspension, .. }) => {
            let who = format!("{} {} ({})", role.as_str(), printable(email.as_str()), printable(&name));
            let line =
                suspension.map_or_else(|| format!("never suspended: {who}"), |last| describe(&who, &last));
            output::print(&format!("{line}\n"))
        }
        Err(Error::UnknownAccount) => bail!("there is no account with {}", request.account),
        Err(error) => Err(error.into()),
    }
}

fn describe(who: &str, last: &Suspension) -> String {
    let (state, by, at, reason) = match &last.reinstatement {
        None => ("suspended", &last.by, last.at, format!(": {}", printable(last.reason.as_str()))),
        Some(reinstatement) => ("reinstated", &reinstatement.by, reinstatement.at, String::new()),
    };
    format!("{state}: {who}, by {} on {}{reason}", printable(by.as_str()), at.format("%Y-%m-%d %H:%M UTC"))
}
