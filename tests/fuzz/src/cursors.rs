//! Positions in lists, as clients send them back.

use sihha_api::testing::cursors;
use sihha_domain::idempotency::ContentDigest;

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    check(&text);
    // A client that computes the checksum gets a position, which is written in one way only.
    let forged = format!("{text}{}", checksum(&text));
    if let Some(written) = check(&forged) {
        for at in 0..written.len() {
            let other = if &written[at..=at] == "0" { "1" } else { "0" };
            let changed = format!("{}{other}{}", &written[..at], &written[at + 1..]);
            assert_eq!(cursors(&changed), [None, None, None], "{changed}");
        }
    }
}

/// Returns a cursor that was accepted, as the service writes it.
fn check(text: &str) -> Option<String> {
    let read = cursors(text);
    for (kind, written) in read.iter().enumerate() {
        if let Some(written) = written {
            assert_eq!(cursors(written)[kind].as_ref(), Some(written), "of {text:?}");
        }
    }
    read.into_iter().flatten().next()
}

fn checksum(content: &str) -> String {
    let [first, second, third, fourth, ..] = *ContentDigest::of(content.as_bytes()).as_bytes();
    format!("{:08x}", u32::from_be_bytes([first, second, third, fourth]))
}
