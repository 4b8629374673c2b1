//! Positions in lists, as clients see them.

use chrono::DateTime;
use sihha_domain::approval::QueueCursor;
use sihha_domain::idempotency::ContentDigest;
use sihha_domain::ids::{Id, ProfileId};
use sihha_domain::search::{Score, SearchCursor};
use uuid::Uuid;

/// Length of the checksum, in characters. It finds cursors that were cut off or changed. A client that
/// computes a right one sees no more than with any other.
const CHECKSUM: usize = 8;

/// A position in a list that a client sends back.
pub(crate) trait Cursor: Sized {
    /// Returns the position as numbers.
    fn parts(&self) -> (i64, Uuid);

    /// Returns the position of these numbers.
    fn of_parts(number: i64, id: Uuid) -> Option<Self>;

    /// Returns the position as text.
    fn to_text(&self) -> String {
        let (number, id) = self.parts();
        let content = format!("{number:016x}{}", id.simple());
        format!("{content}{}", checksum(&content))
    }

    /// Reads a position. Returns `None` if no response had this text.
    fn parse(text: &str) -> Option<Self> {
        let (content, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
        if checksum(content) != sum {
            return None;
        }
        let (number, id) = content.split_at_checked(16)?;
        let number = u64::from_str_radix(number, 16).ok()?.cast_signed();
        Self::of_parts(number, Uuid::try_parse(id).ok()?)
    }
}

fn checksum(content: &str) -> String {
    let [first, second, third, fourth, ..] = *ContentDigest::of(content.as_bytes()).as_bytes();
    format!("{:08x}", u32::from_be_bytes([first, second, third, fourth]))
}

impl Cursor for QueueCursor {
    fn parts(&self) -> (i64, Uuid) {
        (self.submitted_at.timestamp_micros(), self.id.as_uuid())
    }

    fn of_parts(number: i64, id: Uuid) -> Option<Self> {
        let submitted_at = DateTime::from_timestamp_micros(number)?;
        Some(Self { submitted_at, id: ProfileId::from_uuid(id) })
    }
}

impl Cursor for SearchCursor {
    fn parts(&self) -> (i64, Uuid) {
        (i64::from(self.score().steps()), self.id().as_uuid())
    }

    fn of_parts(number: i64, id: Uuid) -> Option<Self> {
        let score = Score::of_steps(u16::try_from(number).ok()?);
        Some(Self::new(score, ProfileId::from_uuid(id)))
    }
}

/// The position after an account or a member of staff, in a list by ids.
impl<T> Cursor for Id<T> {
    fn parts(&self) -> (i64, Uuid) {
        (0, self.as_uuid())
    }

    fn of_parts(_: i64, id: Uuid) -> Option<Self> {
        Some(Self::from_uuid(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_was_changed_in_one_place_is_none() {
        let id = ProfileId::from_uuid(uuid::uuid!("019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90"));
        let cursor = QueueCursor { submitted_at: DateTime::UNIX_EPOCH, id };
        let text = cursor.to_text();
        assert_eq!(QueueCursor::parse(&text), Some(cursor));
        for at in 0..text.len() {
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(QueueCursor::parse(&changed), None, "{changed}");
        }
        for text in ["", "é", "0123456789", &text[1..], &format!("{text}0")] {
            assert_eq!(QueueCursor::parse(text), None, "{text}");
        }
    }
}
