//! What the keys that sign tokens MUST do.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::case::Case;
use crate::key::{PublicKeys, SigningKeys};

/// The keys of a service, whose public keys are published.
pub struct Keys {
    /// The public keys.
    pub public: Arc<dyn PublicKeys>,
    /// All keys.
    pub signing: Arc<dyn SigningKeys>,
    /// Names of the keys that are shared secrets.
    pub secrets: Vec<String>,
    /// The time now.
    pub now: DateTime<Utc>,
    /// Maximum lifetime of a token.
    pub longest_token: TimeDelta,
}

/// The cases.
pub const CASES: &[Case<Keys>] = &[
    ("a_key_signs_at_every_moment", always_a_signer),
    ("a_key_verifies_until_its_last_token_expires", verifies_to_the_end),
    ("a_key_is_published_from_before_it_signs_until_its_last_token_expires", published_to_the_end),
    ("only_public_keys_are_published", no_secret_published),
    ("an_unknown_key_verifies_nothing", unknown_key),
];

impl Keys {
    /// Calls `check` with each key that signs in the next two days, and each hour until its last
    /// token expires.
    fn for_each_hour_of_use(&self, check: impl Fn(&str, DateTime<Utc>)) {
        for hours in 0..48 {
            let signs_at = self.now + TimeDelta::hours(hours);
            for key in self.signing.signers(signs_at, signs_at) {
                let mut time = self.now;
                while time < signs_at + self.longest_token {
                    check(&key, time);
                    time += TimeDelta::hours(1);
                }
            }
        }
    }
}

fn always_a_signer(keys: &Keys) {
    for hours in 0..48 {
        let time = keys.now + TimeDelta::hours(hours);
        assert!(!keys.signing.signers(time, time).is_empty(), "no key signs at {time}");
    }
}

fn verifies_to_the_end(keys: &Keys) {
    keys.for_each_hour_of_use(|key, time| assert!(keys.signing.verifies(key, time), "{key} at {time}"));
}

fn published_to_the_end(keys: &Keys) {
    keys.for_each_hour_of_use(|key, time| {
        let is_published = keys.public.published(time).iter().any(|published| published.id == key);
        assert_eq!(is_published, !keys.secrets.iter().any(|secret| secret == key), "{key} at {time}");
    });
}

fn no_secret_published(keys: &Keys) {
    let published = keys.public.published(keys.now);
    let names: HashSet<_> = published.iter().map(|key| &key.id).collect();
    assert_eq!(names.len(), published.len(), "a name is used twice: {names:?}");
    for key in &published {
        let form = (key.algorithm, key.kind, key.curve, key.y.is_some());
        let forms = [("EdDSA", "OKP", "Ed25519", false), ("ES256", "EC", "P-256", true)];
        assert!(forms.contains(&form), "{form:?}");
    }
}

fn unknown_key(keys: &Keys) {
    for name in ["", "nobody", "../../etc/passwd"] {
        assert!(!keys.signing.verifies(name, keys.now), "{name:?}");
    }
}
