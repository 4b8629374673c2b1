//! The values of messages, in the language of their reader.

use chrono::{DateTime, Datelike, FixedOffset, Timelike};
use fluent_bundle::FluentArgs;
use sihha_domain::approval::RejectionReason;
use sihha_domain::clock::ALGERIA_UTC_OFFSET;
use sihha_domain::language::Language;

use crate::messages::Messages;

/// The names of values, in the order in which a message shows them.
pub(crate) const NAMES: [&str; 8] =
    ["new_email", "device", "address", "code", "reason", "fields", "message", "at"];

/// Returns the value `name`, which the content has as `stored`, for the reader.
///
/// # Errors
///
/// A text is missing or broken.
pub(crate) fn localised(
    messages: &Messages,
    language: Language,
    name: &str,
    stored: &str,
) -> Result<String, String> {
    match name {
        "at" => time(messages, language, stored),
        "code" => Ok(reason(language, stored)),
        "fields" => fields(messages, language, stored),
        _ => Ok(stored.to_owned()),
    }
}

/// Returns a time in Algeria. A text that is no time stays as it is.
fn time(messages: &Messages, language: Language, stored: &str) -> Result<String, String> {
    let offset = FixedOffset::east_opt(ALGERIA_UTC_OFFSET);
    let time = DateTime::parse_from_rfc3339(stored).ok().zip(offset);
    let Some(time) = time.map(|(time, offset)| time.with_timezone(&offset)) else {
        return Ok(stored.to_owned());
    };
    let mut args = FluentArgs::new();
    args.set("day", time.day());
    args.set("month", time.month());
    args.set("year", time.year());
    args.set("hour", time.hour());
    args.set("minute", format!("{:02}", time.minute()));
    messages.text(language, "time", &args)
}

/// Returns the name of a reason, and none of `other`: what staff wrote says more. A code of a later
/// release stays as it is.
fn reason(language: Language, code: &str) -> String {
    if code == "other" {
        return String::new();
    }
    let entry = RejectionReason::entries().iter().find(|entry| entry.code == code);
    let label = entry.map(|entry| match language {
        Language::English => entry.labels.en,
        Language::French => entry.labels.fr,
        Language::Arabic => entry.labels.ar,
    });
    label.unwrap_or(code).to_owned()
}

/// Returns the names of facts. A fact of a later release keeps the name that programs use.
fn fields(messages: &Messages, language: Language, stored: &str) -> Result<String, String> {
    let args = FluentArgs::new();
    let separator = messages.text(language, "list_separator", &args)?;
    let names = stored.split(',').filter(|name| !name.is_empty()).map(|name| {
        let text = messages.part(language, &format!("fact_{name}"), None, &args)?;
        Ok(text.unwrap_or_else(|| name.to_owned()))
    });
    Ok(names.collect::<Result<Vec<_>, String>>()?.join(&format!("{separator} ")))
}
