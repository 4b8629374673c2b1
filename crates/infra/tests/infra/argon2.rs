//! Password hashing with Argon2id.

use std::sync::Arc;

use sihha_domain::password::{Password, PasswordHash, PasswordHasher, VerifyOutcome};
use sihha_infra::argon2::{Argon2Cost, Argon2Hasher, HasherError};
use sihha_infra::system::SystemRandomness;

/// The kernel's number of the policy (`sched.h`).
const SCHED_IDLE: &str = "5";

const CHEAP: Argon2Cost = Argon2Cost { memory_kib: 32, passes: 1, lanes: 1 };

fn hasher(cost: Argon2Cost) -> Argon2Hasher {
    Argon2Hasher::new(cost, 2, Arc::new(SystemRandomness)).unwrap()
}

fn password(text: &str) -> Password {
    Password::attempt(text).unwrap()
}

#[test]
fn the_default_cost_is_the_one_that_owasp_recommends() {
    let hash = hasher(Argon2Cost::default()).hash(&password("12345678")).unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
}

#[test]
fn a_hash_with_other_parameters_still_matches_but_is_outdated() {
    let others = [
        Argon2Cost { memory_kib: 64, ..CHEAP },
        Argon2Cost { memory_kib: 16, ..CHEAP },
        Argon2Cost { passes: 2, ..CHEAP },
        Argon2Cost { memory_kib: 32, lanes: 2, ..CHEAP },
    ];
    for other in others {
        let hash = hasher(other).hash(&password("12345678")).unwrap();
        let hasher = hasher(CHEAP);
        assert_eq!(
            hasher.verify(&password("12345678"), Some(&hash)),
            Ok(VerifyOutcome::Outdated),
            "{other:?}"
        );
        assert_eq!(hasher.verify(&password("12345679"), Some(&hash)), Ok(VerifyOutcome::Wrong), "{other:?}");
    }
}

/// The hash was computed by the reference implementation:
/// `echo -n password | argon2 somesalt -t 2 -k 256 -p 1 -id -e`.
#[test]
fn a_hash_of_the_reference_implementation_matches() {
    let reference = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let hash = PasswordHash::new(reference.to_owned());
    assert_eq!(hasher(CHEAP).verify(&password("password"), Some(&hash)), Ok(VerifyOutcome::Outdated));
}

#[test]
fn the_error_for_an_invalid_stored_hash_does_not_quote_it() {
    for text in ["", "secret", "$argon2id$v=19$m=32,t=1,p=1", "$bcrypt$v=1$m=32$c2FsdHNhbHQ$aGFzaGhhc2g"] {
        let error = hasher(CHEAP).verify(&password("12345678"), Some(&PasswordHash::new(text.to_owned())));
        let error = error.unwrap_err().to_string();
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }
}

#[test]
fn parameters_that_argon2_does_not_allow_are_refused() {
    let cost = Argon2Cost { memory_kib: 8, passes: 1, lanes: 4 };
    let refused = Argon2Hasher::new(cost, 1, Arc::new(SystemRandomness)).err();
    assert!(matches!(refused, Some(HasherError::Cost(_))), "{refused:?}");
}

/// A thread that needs a tenth of a millisecond must not wait for a hash.
#[test]
fn hash_threads_have_the_lowest_priority() {
    let hasher = hasher(CHEAP);
    hasher.hash(&password("12345678")).unwrap();
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    // Threads of other tests may be starting or ending, but one of the threads has hashed.
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    let hashing: Vec<_> = stats.filter(|stat| stat.contains("(hash-")).collect();
    assert!(hashing.iter().any(|stat| policy(stat) == Some(SCHED_IDLE)), "{hashing:?}");
}

/// Returns the scheduling policy, field 41 (`proc_pid_stat(5)`). Field 2 is a name in parentheses.
fn policy(stat: &str) -> Option<&str> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(38)
}
