//! The keys of one reading of the folder, and which of them counts for what at a moment.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use sihha_domain::key::PublicKey;

use super::key::{Key, KeyAlgorithm};
use super::lifecycle::{KeyLifecycle, KeyState};

/// A key of the folder, with its dates.
pub(super) struct DatedKey {
    pub(super) id: String,
    pub(super) key: Key,
    pub(super) lifecycle: KeyLifecycle,
    pub(super) file: PathBuf,
}

/// What is told of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its `kid`.
    pub id: String,
    /// What it signs with.
    pub algorithm: KeyAlgorithm,
    /// What it is for now.
    pub state: KeyState,
    /// Since when it is that; for a pending one, from when it signs. Not known of a key that was made by other means.
    pub since: Option<DateTime<Utc>>,
    /// Until when it verifies, once it is retired.
    pub until: Option<DateTime<Utc>>,
}

/// The keys of the folder, and the secret beside it.
pub(super) struct KeySet {
    /// The newest first.
    keys: Vec<DatedKey>,
    /// How long the longest-lived tokens live.
    longest_token: TimeDelta,
}

impl KeySet {
    pub(super) fn new(mut keys: Vec<DatedKey>, longest_token: TimeDelta) -> Self {
        keys.sort_by(|a, b| (b.lifecycle.signs_from, &b.id).cmp(&(a.lifecycle.signs_from, &a.id)));
        Self { keys, longest_token }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The newest key that every instance knows.
    pub(super) fn signer(&self, now: DateTime<Utc>) -> Option<&DatedKey> {
        self.keys.iter().find(|key| key.lifecycle.may_sign(now))
    }

    /// The keys that sign at some moment between `from` and `until`, if no other one is added.
    pub(super) fn signers(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = &DatedKey> {
        let current = self.signer(from).map(|key| &key.id);
        let begins = move |lifecycle: KeyLifecycle| {
            lifecycle.signs_from.is_some_and(|begin| from < begin && begin <= until)
        };
        self.keys.iter().filter(move |key| {
            Some(&key.id) == current || (begins(key.lifecycle) && !key.lifecycle.is_retired(from))
        })
    }

    /// Whether tokens of the key of that `kid` may be good.
    pub(super) fn verifies(&self, id: &str, now: DateTime<Utc>) -> bool {
        self.keys.iter().any(|key| key.id == id && key.lifecycle.counts(now, self.longest_token))
    }

    /// Of the keys that will sign, the first to.
    pub(super) fn next_signer(&self, now: DateTime<Utc>) -> Option<&DatedKey> {
        self.keys.iter().rfind(|key| !key.lifecycle.is_retired(now) && !key.lifecycle.may_sign(now))
    }

    /// The key whose tokens have that header, while they may be good.
    pub(super) fn verifier(&self, header: &str, now: DateTime<Utc>) -> Option<&Key> {
        let found = self.keys.iter().find(|key| key.key.header() == header);
        found.filter(|key| key.lifecycle.counts(now, self.longest_token)).map(|found| &found.key)
    }

    /// The public keys by which tokens may have to be verified.
    pub(super) fn published(&self, now: DateTime<Utc>) -> Vec<PublicKey> {
        let counting = self.keys.iter().filter(|key| key.lifecycle.counts(now, self.longest_token));
        counting.filter_map(|key| key.key.public().cloned()).collect()
    }

    /// What there is to tell, the newest first.
    pub(super) fn describe(&self, now: DateTime<Utc>) -> Vec<KeyInfo> {
        let signer = self.signer(now).map(|key| &key.id);
        let successors =
            self.keys.iter().map(|key| key.lifecycle).filter(|lifecycle| lifecycle.may_sign(now));
        let successors: Vec<_> = successors.collect();
        let info = |key: &DatedKey| {
            let lifecycle = key.lifecycle;
            let until = lifecycle.ends(self.longest_token);
            let (state, since) = if !lifecycle.counts(now, self.longest_token) {
                (KeyState::Expired, until)
            } else if lifecycle.is_retired(now) {
                (KeyState::Retired, lifecycle.retired)
            } else if signer == Some(&key.id) {
                (KeyState::Signing, lifecycle.signs_from)
            } else if lifecycle.may_sign(now) {
                // The eldest of those that came after it took its place.
                let newer = successors.iter().filter(|other| other.signs_from > lifecycle.signs_from);
                (KeyState::Superseded, newer.filter_map(|other| other.signs_from).min())
            } else {
                (KeyState::Pending, lifecycle.signs_from)
            };
            KeyInfo { id: key.id.clone(), algorithm: key.key.algorithm(), state, since, until }
        };
        self.keys.iter().map(info).collect()
    }

    /// Whether the other one has the same keys, with the same dates.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let lives =
            |set: &Self| set.keys.iter().map(|key| (key.id.clone(), key.lifecycle)).collect::<Vec<_>>();
        lives(self) == lives(other)
    }
}
