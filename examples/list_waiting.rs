//! Lists the applications that have waited for more than some days, the longest waiting first.
//!
//! ```sh
//! DATABASE_URL=postgres://sihha@db/sihha list_waiting 7
//! ```

use std::io::{self, ErrorKind, Write};

use anyhow::Context;
use chrono::TimeDelta;
use sihha_domain::account::Account;
use sihha_domain::approval::Approval;
use sihha_domain::text::printable;
use sihha_domain::use_cases::{Settings, UseCases};

fn main() -> anyhow::Result<()> {
    let days = std::env::args().nth(1).context("usage: list_waiting DAYS")?;
    let days: u16 = days.parse().context("DAYS must be a number from 0 to 65535")?;
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let ports = sihha_infra::tools::open(&url)?;
    let now = ports.clock.now();
    let use_cases = UseCases::new(ports, Settings::DEFAULT);

    let since = now - TimeDelta::days(days.into());
    for account in use_cases.list_accounts.iter() {
        let account = account?;
        if account.approval == Some(Approval::Pending) && account.registered_at <= since {
            match print(&account, (now - account.registered_at).num_days()) {
                // The reader has read enough.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                printed => printed?,
            }
        }
    }
    Ok(())
}

fn print(account: &Account, days: i64) -> io::Result<()> {
    let (role, email, name) = (account.role().as_str(), &account.profile.email, account.details.name());
    writeln!(io::stdout(), "{days}\t{role}\t{}\t{}", printable(email.as_str()), printable(&name))
}
