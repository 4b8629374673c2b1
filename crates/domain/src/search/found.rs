use strum::{IntoStaticStr, VariantArray, VariantNames};

use crate::account::Account;
use crate::approval::{ApplicationEvent, ApprovalState};
use crate::ids::ProfileId;
use crate::mail::Bounce;
use crate::suspension::Suspension;

/// The state of an account, as staff see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum AccountState {
    /// A patient's account, which needs no approval.
    Active,
    /// Waiting for a decision of staff.
    Pending,
    /// Waiting for the applicant's corrections.
    ChangesRequested,
    /// Approved by staff.
    Approved,
    /// Rejected by staff.
    Rejected,
    /// Approved, with changes to vetted facts that wait for a decision of staff.
    ChangesPending,
    /// Suspended by staff, whatever its approval is.
    Suspended,
}

impl AccountState {
    /// Every state.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of every state.
    pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

    /// Returns the state's name, in commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the state with that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// An account, and whether it is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAccount {
    /// The account.
    pub account: Account,
    /// Whether a suspension is in force.
    pub is_suspended: bool,
}

impl FoundAccount {
    /// Returns the account's state.
    #[must_use]
    pub fn state(&self) -> AccountState {
        match self.account.approval_state() {
            _ if self.is_suspended => AccountState::Suspended,
            None => AccountState::Active,
            Some(ApprovalState::Pending) => AccountState::Pending,
            Some(ApprovalState::Approved) => AccountState::Approved,
            Some(ApprovalState::Rejected) => AccountState::Rejected,
            Some(ApprovalState::ChangesRequested) => AccountState::ChangesRequested,
            Some(ApprovalState::ChangesPending) => AccountState::ChangesPending,
        }
    }
}

/// What staff may know about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account and its state.
    pub found: FoundAccount,
    /// All its suspensions, oldest first.
    pub suspensions: Vec<Suspension>,
    /// The history of its application, oldest first.
    pub events: Vec<ApplicationEvent>,
    /// The message to its owner that was given up last.
    pub last_bounce: Option<Bounce>,
}

/// How close an account is to a query, from 0 to 1, in steps of a ten-thousandth. So scores can be
/// compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u16);

impl Score {
    /// The number of steps.
    const STEPS: f64 = 10_000.0;

    /// Returns the score for a closeness, which is limited to 0 and 1.
    #[must_use]
    pub fn new(closeness: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is limited before")]
        Self((closeness.clamp(0.0, 1.0) * Self::STEPS).round() as u16)
    }

    /// Returns the score in ten-thousandths.
    #[must_use]
    pub const fn steps(self) -> u16 {
        self.0
    }

    /// Returns the score of so many ten-thousandths.
    #[must_use]
    pub const fn of_steps(steps: u16) -> Self {
        Self(steps)
    }

    /// Returns the score as a number from 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / Self::STEPS
    }
}

/// An account that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchMatch {
    /// The account and its state.
    pub found: FoundAccount,
    /// How close it is to the query.
    pub score: Score,
}

impl SearchMatch {
    /// Returns the position after this match, for the next page.
    #[must_use]
    pub const fn cursor(&self) -> SearchCursor {
        SearchCursor { score: self.score, id: self.found.account.id }
    }
}

/// A position in the matches of a search, which are ordered by descending score and then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchCursor {
    score: Score,
    id: ProfileId,
}

impl SearchCursor {
    /// Returns the position after a match with this score and account.
    #[must_use]
    pub const fn new(score: Score, id: ProfileId) -> Self {
        Self { score, id }
    }

    /// Returns the score of the match before the position.
    #[must_use]
    pub const fn score(&self) -> Score {
        self.score
    }

    /// Returns the account of the match before the position.
    #[must_use]
    pub const fn id(&self) -> ProfileId {
        self.id
    }

    /// Returns whether an account with this score is after the cursor.
    pub(super) fn is_before(self, score: Score, id: ProfileId) -> bool {
        (self.score, id) > (score, self.id)
    }
}
