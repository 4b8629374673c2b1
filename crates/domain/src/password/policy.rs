use std::sync::Arc;

use super::advice::advice;
use super::{OwnerFacts, Password};
use crate::field::FieldError;

/// Knows passwords that are guessed first.
pub trait Blocklist: Send + Sync {
    /// Returns whether `password` is on the list. MUST find a password of a list in any letter case:
    /// those who guess try `Password1` with `password1`. May also find a few others by mistake.
    fn contains(&self, password: &Password) -> bool;
}

/// The rules for new passwords besides their length. Passwords on record keep working.
#[derive(Clone, Default)]
pub struct PasswordPolicy {
    /// The passwords that are refused, if any are.
    pub blocklist: Option<Arc<dyn Blocklist>>,
}

impl PasswordPolicy {
    /// Checks a new password of the owner with these facts. Much faster than a hash, so use cases
    /// check before they hash.
    ///
    /// Compares whole passwords only, as NIST SP 800-63B-4 §3.1.1.2 requires.
    ///
    /// # Errors
    ///
    /// [`FieldError::PasswordTooSimilar`], [`FieldError::PasswordTooCommon`].
    pub fn check(&self, new: &Password, owner: &OwnerFacts) -> Result<(), FieldError> {
        if let Some(attribute) = owner.find(new) {
            return Err(FieldError::PasswordTooSimilar { attribute, advice: advice(new, &owner.texts()) });
        }
        if self.blocklist.as_ref().is_some_and(|blocklist| blocklist.contains(new)) {
            return Err(FieldError::PasswordTooCommon { advice: advice(new, &owner.texts()) });
        }
        Ok(())
    }
}
