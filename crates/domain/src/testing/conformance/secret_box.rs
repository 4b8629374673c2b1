//! What every secret box MUST do.

use secrecy::ExposeSecret;

use super::case::Case;
use crate::secret_box::{SecretBox, SecretBoxError};

/// The cases.
pub const CASES: &[Case<dyn SecretBox>] = &[
    ("a_secret_is_opened_in_its_context", same_secret),
    ("the_same_secret_is_never_sealed_alike", seals_differ),
    ("a_secret_is_refused_in_another_context", other_context),
    ("a_changed_secret_is_refused", changed_secret),
];

fn seal(secret_box: &dyn SecretBox, secret: &[u8]) -> Vec<u8> {
    secret_box.seal("row 1", secret).expect("sealed")
}

fn same_secret(secret_box: &dyn SecretBox) {
    for secret in [&b""[..], b"a", b"twenty bytes, a key.", "سرّ".as_bytes()] {
        let opened = secret_box.open("row 1", &seal(secret_box, secret)).expect("opened");
        assert_eq!(opened.expose_secret(), secret);
    }
}

fn seals_differ(secret_box: &dyn SecretBox) {
    assert_ne!(seal(secret_box, b"secret"), seal(secret_box, b"secret"));
}

fn other_context(secret_box: &dyn SecretBox) {
    let sealed = seal(secret_box, b"secret");
    for context in ["", "row 2", "row 1 "] {
        let opened = secret_box.open(context, &sealed);
        assert_eq!(opened.err(), Some(SecretBoxError::NotAuthentic), "{context:?}");
    }
}

fn changed_secret(secret_box: &dyn SecretBox) {
    let sealed = seal(secret_box, b"secret");
    let is_refused = |text: &[u8]| secret_box.open("row 1", text).err() == Some(SecretBoxError::NotAuthentic);
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert!(is_refused(&changed), "byte {index}");
        assert!(is_refused(&sealed[..index]), "the first {index} bytes");
    }
    assert!(is_refused(&[sealed.as_slice(), &[0]].concat()));
}
