use crate::account::PerRole;
use crate::password::Credentials;

/// What accounts need a confirmed address for.
#[derive(Debug, Clone, Copy)]
pub struct EmailPolicy {
    /// The roles whose owners must confirm the account's address before they log in.
    pub required: PerRole<bool>,
    /// Whether clients do not learn that an account has an address
    /// ([`RegisterHidden`](crate::account::RegisterHidden)).
    pub hides_known: bool,
}

impl EmailPolicy {
    /// Requires and hides nothing.
    pub const OPEN: Self = Self { required: PerRole::same(false), hides_known: false };

    /// Returns whether the owner must confirm the address before the account can log in.
    pub(crate) fn refuses(self, known: &Credentials) -> bool {
        self.required.of(known.role) && !known.is_email_verified
    }

    /// Returns whether the account looks as if it did not exist. Else a person who registers an address
    /// would learn from a login with that password whether the address was new.
    pub(crate) fn hides(self, known: &Credentials) -> bool {
        self.hides_known && self.refuses(known)
    }
}
