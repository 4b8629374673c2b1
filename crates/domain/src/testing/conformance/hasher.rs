//! What every password hasher MUST do.

use super::case::Case;
use crate::password::{Password, PasswordHash, PasswordHasher, VerifyOutcome};

/// A hasher, and one with the parameters that it had before.
pub struct Hashers {
    /// The hasher.
    pub current: Box<dyn PasswordHasher>,
    /// A hasher with other parameters.
    pub previous: Box<dyn PasswordHasher>,
}

/// The cases.
pub const CASES: &[Case<Hashers>] = &[
    ("a_password_matches_only_its_own_hash", own_hash),
    ("two_hashes_of_one_password_differ", new_salt),
    ("without_a_hash_any_password_is_wrong", no_hash),
    ("a_hash_with_other_parameters_matches_and_is_outdated", outdated),
    ("a_hash_of_an_earlier_form_matches_and_is_outdated", earlier_forms),
    ("simultaneous_callers_all_get_their_result", simultaneous),
];

fn password(text: &str) -> Password {
    Password::attempt(text).expect("not empty")
}

fn hash(hasher: &dyn PasswordHasher, text: &str) -> PasswordHash {
    hasher.hash(&password(text)).expect("hashed")
}

fn own_hash(Hashers { current, .. }: &Hashers) {
    let hash = hash(&**current, "كلمة السر");
    assert_eq!(current.verify(&password("كلمة السر"), Some(&hash)), Ok(VerifyOutcome::Right));
    for wrong in ["كلمة السر ", " كلمة السر", "كلمة", "12345678"] {
        assert_eq!(current.verify(&password(wrong), Some(&hash)), Ok(VerifyOutcome::Wrong), "{wrong:?}");
    }
}

fn new_salt(Hashers { current, .. }: &Hashers) {
    assert_ne!(hash(&**current, "12345678").expose(), hash(&**current, "12345678").expose());
}

fn no_hash(Hashers { current, .. }: &Hashers) {
    assert_eq!(current.verify(&password("12345678"), None), Ok(VerifyOutcome::Wrong));
}

fn outdated(Hashers { current, previous }: &Hashers) {
    let hash = hash(&**previous, "12345678");
    assert_eq!(current.verify(&password("12345678"), Some(&hash)), Ok(VerifyOutcome::Outdated));
    assert_eq!(current.verify(&password("12345679"), Some(&hash)), Ok(VerifyOutcome::Wrong));
}

fn earlier_forms(Hashers { current, .. }: &Hashers) {
    let typed = "cre\u{300}me\u{a0}brûlée";
    for form in [typed, "crème\u{a0}brûlée"] {
        let hash = current.hash(&Password::verbatim(form)).expect("hashed");
        assert_eq!(current.verify(&password(typed), Some(&hash)), Ok(VerifyOutcome::Outdated), "{form:?}");
        assert_eq!(current.verify(&password("creme\u{a0}brulee"), Some(&hash)), Ok(VerifyOutcome::Wrong));
    }
    let hash = hash(&**current, typed);
    assert_eq!(current.verify(&password("crème brûlée"), Some(&hash)), Ok(VerifyOutcome::Right));
    assert_eq!(current.verify(&password(typed), None), Ok(VerifyOutcome::Wrong));
}

fn simultaneous(Hashers { current, .. }: &Hashers) {
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let text = format!("password {number}");
                let hash = hash(&**current, &text);
                assert_eq!(current.verify(&password(&text), Some(&hash)), Ok(VerifyOutcome::Right));
            });
        }
    });
}
