use sihha_domain::session::MarkRestoredSessions;

use super::staff::with_store_and_clock;
use crate::config::{MarkRestoredOptions, SessionsCommand};
use crate::output;

/// Does what is asked with sessions.
pub(crate) fn run(command: SessionsCommand) -> anyhow::Result<()> {
    match command {
        SessionsCommand::MarkRestored(options) => mark_restored(&options),
    }
}

fn mark_restored(options: &MarkRestoredOptions) -> anyhow::Result<()> {
    with_store_and_clock(&options.database, |store, clock| {
        let marked = MarkRestoredSessions { store, clock }.run(options.opened_before)?;
        output::print(&format!(
            "{marked} sessions may refresh once with any token that was signed for them\n"
        ))
    })
}
