use sihha_domain::session::MarkRestoredSessions;

use super::store::with_store_and_clock;
use crate::config::{MarkRestoredOptions, SessionsCommand};
use crate::output;

/// Marks restored sessions.
pub(crate) fn run(command: SessionsCommand) -> anyhow::Result<()> {
    match command {
        SessionsCommand::MarkRestored(options) => mark_restored(&options),
    }
}

fn mark_restored(options: &MarkRestoredOptions) -> anyhow::Result<()> {
    with_store_and_clock(&options.database, |store, clock| {
        let marked = MarkRestoredSessions { store, clock }.run(options.opened_before)?;
        output::print(&format!(
            "{marked} sessions can refresh once with any refresh token that was issued for them\n"
        ))
    })
}
