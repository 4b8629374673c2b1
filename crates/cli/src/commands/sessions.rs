use super::use_cases::with_use_cases;
use crate::config::{MarkRestoredOptions, SessionsCommand};
use crate::output;

/// Marks restored sessions.
pub(crate) fn run(command: SessionsCommand) -> anyhow::Result<()> {
    match command {
        SessionsCommand::MarkRestored(options) => mark_restored(&options),
    }
}

fn mark_restored(options: &MarkRestoredOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let marked = use_cases.mark_restored_sessions.run(options.opened_before)?;
        output::report(&format!(
            "{marked} sessions can refresh once with any refresh token that was issued for them\n"
        ));
        Ok(())
    })
}
