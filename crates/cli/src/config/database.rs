use super::{AccountsCommand, ApprovalsCommand, Command, DatabaseOptions, SessionsCommand};

impl Command {
    /// Where the accounts are kept, for a command that uses them.
    pub(crate) fn database(&self) -> Option<&DatabaseOptions> {
        match self {
            Self::Serve(options) => Some(&options.database),
            Self::Migrate(options) => Some(&options.database),
            Self::Approvals(ApprovalsCommand::List(options)) => Some(&options.database),
            Self::Approvals(ApprovalsCommand::Approve(options)) => Some(&options.decision.database),
            Self::Approvals(ApprovalsCommand::Reject(options)) => Some(&options.decision.database),
            Self::Accounts(AccountsCommand::Suspend(options)) => Some(&options.account.database),
            Self::Accounts(AccountsCommand::Reinstate(options)) => Some(&options.database),
            Self::Approvals(ApprovalsCommand::History(options)) => Some(&options.database),
            Self::Sessions(SessionsCommand::MarkRestored(options)) => Some(&options.database),
            Self::Keys(_) | Self::Openapi => None,
        }
    }
}
