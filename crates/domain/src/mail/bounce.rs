use chrono::{DateTime, Utc};

use super::{MailRecord, Template};

/// A message that did not reach the owner of an account, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// When it was given up.
    pub at: DateTime<Utc>,
    /// What it was about.
    pub template: Template,
    /// Why the last attempt failed, with `…` for addresses: the message may have been sent to one that
    /// the account does not have.
    pub error: String,
}

impl Bounce {
    /// Returns the bounce of a message that was given up; `None` for any other.
    pub(crate) fn of(record: MailRecord) -> Option<Self> {
        let error = record.last_error.unwrap_or_default();
        let (at, template) = (record.finished_at?, record.message.template);
        Some(Self { at, template, error: without_addresses(&error) })
    }
}

fn without_addresses(text: &str) -> String {
    let ends_word = |c: char| c.is_whitespace() || "<>()[]{}\",;:".contains(c);
    let words = text.split_inclusive(ends_word).map(|word| {
        let bare = word.trim_end_matches(ends_word);
        if bare.contains('@') { format!("…{}", &word[bare.len()..]) } else { word.to_owned() }
    });
    words.collect()
}
