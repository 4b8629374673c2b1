use crate::account::{Account, EmailAddress};
use crate::ids::ProfileId;
use crate::language::Language;

/// The owner of an account, as the sender of a message knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The account.
    pub profile_id: ProfileId,
    /// The address of the account now.
    pub email: EmailAddress,
    /// The language of the account.
    pub language: Language,
}

impl From<&Account> for Addressee {
    fn from(account: &Account) -> Self {
        Self {
            profile_id: account.id,
            email: account.profile.email.clone(),
            language: account.profile.language,
        }
    }
}
