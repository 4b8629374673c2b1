mod preview;
mod test;

use std::fmt::Write;

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, Utc};
use serde_json::json;
use sihha_domain::clock::{Clock, format_timestamp};
use sihha_domain::ids::MessageId;
use sihha_domain::mail::{DeliveryState, MailRecord};
use sihha_domain::text::printable;
use sihha_infra::system::SystemClock;
use sihha_mail::MailFolder;

use super::use_cases::with_use_cases;
use crate::config::{ListMailOptions, MailCommand, RetryMailOptions, ShowMailOptions};
use crate::{mail, output};

/// Sends a test, lists, shows or retries messages, or previews one.
pub(crate) fn run(command: MailCommand) -> anyhow::Result<()> {
    match command {
        MailCommand::Test(options) => test::run(&options),
        MailCommand::List(options) => list(&options),
        MailCommand::Show(options) => show(&options),
        MailCommand::Retry(options) => retry(&options),
        MailCommand::Preview(options) => preview::run(&options),
    }
}

fn list(options: &ListMailOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let page = use_cases.list_mail.page(options.state, options.before, options.limit)?;
        let mut out = String::new();
        for record in &page {
            if options.json {
                writeln!(out, "{}", to_json(record))?;
            } else {
                writeln!(out, "{}", line(record))?;
            }
        }
        if page.is_empty() && !options.json {
            writeln!(out, "no messages found")?;
        }
        output::print(&out)
    })
}

/// Returns the line by which an operator recognises the message.
fn line(record: &MailRecord) -> String {
    let (message, state) = (&record.message, record.state.as_str());
    let (queued_at, template) = (format_timestamp(message.queued_at), message.template.as_str());
    let to = printable(message.to.as_str());
    let next = (record.state == DeliveryState::Queued && record.attempts > 0)
        .then(|| format!(", next attempt on {}", format_timestamp(record.next_attempt_at)));
    let error = record.last_error.as_deref().map(|error| format!(": {}", printable(error)));
    let (next, error) = (next.unwrap_or_default(), error.unwrap_or_default());
    format!("{queued_at}  {}  {state:10}  {template:17}  {to}{next}{error}", message.id)
}

fn show(options: &ShowMailOptions) -> anyhow::Result<()> {
    let folder = mail::folder(&options.folder, &options.database)?;
    let text = folder.as_ref().map(|folder| text_in(folder, options.id)).transpose()?.flatten();
    with_use_cases(&options.database, |use_cases| {
        let record = use_cases.show_mail.run(options.id)?;
        if record.is_none() && text.is_none() {
            return Err(unknown(options.id));
        }
        if options.json {
            let mut members = record.as_ref().map_or_else(|| json!({}), to_json);
            members["text"] = json!(text);
            return output::print(&format!("{members}\n"));
        }
        let mut out = record.as_ref().map(describe).transpose()?.unwrap_or_default();
        if let Some(text) = &text {
            let gap = if out.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}{text}")?;
        }
        output::print(&out)
    })
}

/// Returns the text of a message in the folder, with the line breaks of a terminal.
fn text_in(folder: &MailFolder, id: MessageId) -> anyhow::Result<Option<String>> {
    let text = folder.text(id);
    let text = text.with_context(|| format!("cannot read mail in {}", folder.path().display()))?;
    Ok(text.map(|text| text.lines().map(printable).collect::<Vec<_>>().join("\n")))
}

/// Returns the message in lines of a label and a value.
fn describe(record: &MailRecord) -> anyhow::Result<String> {
    let message = &record.message;
    let mut out = format!("message: {}\nstate: {}\n", message.id, record.state.as_str());
    writeln!(out, "to: {}", printable(message.to.as_str()))?;
    writeln!(out, "account: {}", message.profile_id)?;
    writeln!(out, "template: {}, in {}", message.template.as_str(), message.language.tag())?;
    writeln!(out, "queued: {}", format_timestamp(message.queued_at))?;
    writeln!(out, "attempts: {}", record.attempts)?;
    if let Some(at) = record.finished_at {
        writeln!(out, "finished: {}", format_timestamp(at))?;
    } else {
        writeln!(out, "next attempt: {}", format_timestamp(record.next_attempt_at))?;
        writeln!(out, "given up: {}", format_timestamp(message.give_up_at))?;
    }
    if let Some(expiry) = message.link_expires_at {
        writeln!(out, "link expires: {}", format_timestamp(expiry))?;
    }
    if let Some(error) = &record.last_error {
        writeln!(out, "last error: {}", printable(error))?;
    }
    Ok(out)
}

fn retry(options: &RetryMailOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let made_due = use_cases.retry_mail.run(options.id)?;
        let line = match (made_due, options.id) {
            (0, None) => "no message is queued or dead\n".to_owned(),
            (0, Some(id)) => {
                let record = use_cases.show_mail.run(id)?.ok_or_else(|| unknown(id))?;
                bail!("message {id} is not tried again: {}", obstacle(&record, SystemClock.now()));
            }
            (1, _) => "1 message is due now\n".to_owned(),
            (many, _) => format!("{many} messages are due now\n"),
        };
        output::report(&line);
        Ok(())
    })
}

/// Returns why a message cannot be tried again.
fn obstacle(record: &MailRecord, now: DateTime<Utc>) -> String {
    match record.state {
        DeliveryState::Sent | DeliveryState::Suppressed => format!("it was {}", record.state.as_str()),
        _ if record.message.link_expires_at.is_some_and(|expiry| expiry <= now) => {
            "its link has expired".to_owned()
        }
        _ => "it is being delivered now".to_owned(),
    }
}

fn unknown(id: MessageId) -> anyhow::Error {
    anyhow!("there is no message {id}; `sihha mail list` lists messages")
}

fn to_json(record: &MailRecord) -> serde_json::Value {
    let message = &record.message;
    let while_queued = |at| (record.state == DeliveryState::Queued).then(|| format_timestamp(at));
    json!({
        "id": message.id.to_string(),
        "account": message.profile_id.to_string(),
        "to": message.to.as_str(),
        "template": message.template.as_str(),
        "language": message.language.tag(),
        "state": record.state.as_str(),
        "queued_at": format_timestamp(message.queued_at),
        "attempts": record.attempts,
        "next_attempt_at": while_queued(record.next_attempt_at),
        "give_up_at": while_queued(message.give_up_at),
        "finished_at": record.finished_at.map(format_timestamp),
        "link_expires_at": message.link_expires_at.map(format_timestamp),
        "last_error": record.last_error,
    })
}
