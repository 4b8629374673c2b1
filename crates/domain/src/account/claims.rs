//! Claims: which account has a value that no two accounts share.

use std::fmt;

use super::{Account, PendingChanges};
use crate::identifier::{IdentifierSystem, Identifiers};

/// A field whose value no two accounts share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// The login name.
    Email,
    /// The card number.
    CarteId,
    /// The identifier of a system.
    Identifier(IdentifierSystem),
}

impl UniqueField {
    /// Returns the field's name in the contract, or the name of the identifier's system.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::CarteId => "carte_id",
            Self::Identifier(system) => system.as_str(),
        }
    }
}

impl fmt::Display for UniqueField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value that an account claims, so that no other account can have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The field.
    pub field: UniqueField,
    /// The form of the value by which it is compared.
    pub key: String,
}

impl Account {
    /// Returns the account's claims. Their order is the same for all accounts, so that two
    /// simultaneous inserts cannot wait for each other.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        let claim = |field, key| Claim { field, key };
        let mut claims = vec![
            claim(UniqueField::Email, self.profile.email.canonical()),
            claim(UniqueField::CarteId, self.profile.carte_id.canonical()),
        ];
        claims.extend(self.identifier_claims());
        claims
    }

    /// Returns the claims of identifiers that a change to `changed` gives up, and those that it
    /// makes. Identifiers of pending changes are claimed too, so that staff can accept them.
    #[must_use]
    pub fn changed_claims(&self, changed: &Self) -> (Vec<Claim>, Vec<Claim>) {
        let difference = |minuend: &Self, subtrahend: &Self| {
            let kept = subtrahend.identifier_claims();
            minuend.identifier_claims().into_iter().filter(|claim| !kept.contains(claim)).collect()
        };
        (difference(self, changed), difference(changed, self))
    }

    fn identifier_claims(&self) -> Vec<Claim> {
        let wanted = self.pending_changes.as_ref().and_then(PendingChanges::identifiers);
        let mut claims = Vec::new();
        for it in self.profile.identifiers.iter().chain(wanted.into_iter().flat_map(Identifiers::iter)) {
            let claim = Claim { field: UniqueField::Identifier(it.system()), key: it.key() };
            if !claims.contains(&claim) {
                claims.push(claim);
            }
        }
        claims
    }
}
