use std::io::{BufRead, Read};

use sihha_domain::password::Password;

use super::filter::{FilterError, key};

/// Maximum length of a line in bytes. A file with a longer one is no list.
const MAX_LINE: u64 = 1 << 16;
/// Number of hexadecimal digits of a SHA-1 digest.
const DIGEST: usize = 40;

/// The passwords of a list.
pub(super) struct PasswordList {
    pub(super) keys: Vec<u64>,
    /// Number of lines without a password that could be chosen.
    pub(super) skipped: u64,
}

impl PasswordList {
    /// Reads a list: on each line a password, or the SHA-1 digest of one with the number of its
    /// occurrences, as Have I Been Pwned publishes them. Keeps 8 bytes of each line.
    pub(super) fn read(file: &mut dyn BufRead) -> Result<Self, FilterError> {
        let (mut list, mut line) = (Self { keys: Vec::new(), skipped: 0 }, Vec::new());
        loop {
            line.clear();
            (&mut *file).take(MAX_LINE).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok(list);
            }
            if line.len() as u64 == MAX_LINE || line.contains(&0) {
                return Err(FilterError::NotAList);
            }
            match std::str::from_utf8(&line).ok().and_then(|text| key_of(text.trim_end_matches(['\r', '\n'])))
            {
                Some(key) => list.keys.push(key),
                None => list.skipped += 1,
            }
        }
    }
}

/// Returns the key of the password on a line, if a new password may be so long.
fn key_of(line: &str) -> Option<u64> {
    let (digest, count) = line.split_once(':').unwrap_or((line, ""));
    let is_digest = digest.len() == DIGEST && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_digest && count.bytes().all(|digit| digit.is_ascii_digit()) {
        return u64::from_str_radix(&digest[..16], 16).ok();
    }
    let password = Password::parse(line).ok()?;
    Some(key(&password.expose().to_lowercase()))
}
