mod duplicates;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::json;
use sihha_domain::account::{PhoneNumber, RoleDetails};
use sihha_domain::clock::format_timestamp;
use sihha_domain::mail::Bounce;
use sihha_domain::place::{Commune, Place};
use sihha_domain::search::{AccountRecord, SearchQuery};
use sihha_domain::staff_name::StaffName;
use sihha_domain::suspension::Suspension;
use sihha_domain::text::printable;

use super::found_account::{line, no_account, to_json};
use super::use_cases::with_use_cases;
use super::{application_event, suspensions};
use crate::config::{AccountsCommand, BrowseOptions, SearchOptions, ShowOptions};
use crate::output::print;

/// Finds, lists, shows, suspends or reinstates accounts.
pub(crate) fn run(command: AccountsCommand) -> anyhow::Result<()> {
    match command {
        AccountsCommand::Search(options) => search(&options),
        AccountsCommand::List(options) => list(&options),
        AccountsCommand::Show(options) => show(&options),
        AccountsCommand::Duplicates(options) => duplicates::run(&options),
        AccountsCommand::Suspend(options) => suspensions::suspend(&options),
        AccountsCommand::Reinstate(options) => suspensions::reinstate(&options),
        AccountsCommand::LiftThrottle(options) => suspensions::lift_throttle(&options),
    }
}

fn search(options: &SearchOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let query = SearchQuery::parse(&options.query);
        let matches = use_cases.search_accounts.run(&query, &options.filter.filter(), None, options.limit)?;
        if options.filter.json {
            let with_score = matches.iter().map(|found| {
                let mut members = to_json(&found.found);
                members["score"] = json!(found.score.value());
                members
            });
            return print_array(with_score.collect());
        }
        let lines = matches.iter().map(|found| format!("{:.2}  {}", found.score.value(), line(&found.found)));
        print_lines(&lines.collect::<Vec<_>>())
    })
}

fn list(options: &BrowseOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let page = use_cases.browse_accounts.run(&options.filter.filter(), options.after, options.limit)?;
        if options.filter.json {
            return print_array(page.iter().map(to_json).collect());
        }
        print_lines(&page.iter().map(line).collect::<Vec<_>>())
    })
}

fn show(options: &ShowOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let record = use_cases.show_account.run(&options.account)?;
        let record = record.ok_or_else(|| no_account(&options.account))?;
        if options.json {
            return print(&format!("{}\n", record_to_json(&record)));
        }
        print(&describe(&record)?)
    })
}

fn print_array(members: Vec<serde_json::Value>) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::Value::Array(members)))
}

fn print_lines(lines: &[String]) -> anyhow::Result<()> {
    if lines.is_empty() {
        return print("no accounts found\n");
    }
    print(&(lines.join("\n") + "\n"))
}

/// Returns the account in lines of a label and a value.
fn describe(record: &AccountRecord) -> anyhow::Result<String> {
    let (account, profile) = (&record.found.account, &record.found.account.profile);
    let mut out = format!("{}\n", line(&record.found));
    let [_, arabic] = account.details.names_by_script();
    if !arabic.is_empty() {
        writeln!(out, "in Arabic script: {}", printable(&arabic.join(" ")))?;
    }
    writeln!(out, "registered: {}", format_timestamp(account.registered_at))?;
    writeln!(out, "language: {}", profile.language.tag())?;
    let verified = account.email_verified_at.map_or_else(|| "no".to_owned(), format_timestamp);
    writeln!(out, "e-mail verified: {verified}")?;
    if let Some(Bounce { at, template, error }) = &record.last_bounce {
        let (at, template) = (format_timestamp(*at), template.as_str());
        writeln!(out, "last bounce: {template} on {at}: {}", printable(error))?;
    }
    writeln!(out, "card: {}", printable(profile.carte_id.as_str()))?;
    if let Some(number) = telephone(record) {
        writeln!(out, "telephone: {}", printable(number.as_str()))?;
    }
    if let Some(date) = &profile.birth_date {
        writeln!(out, "born: {date}")?;
    }
    for identifier in profile.identifiers.iter() {
        writeln!(out, "{}: {}", identifier.system().as_str(), printable(identifier.value()))?;
    }
    if let Some(place) = &profile.place {
        let commune = place.commune().map(|commune| format!(", commune {commune}")).unwrap_or_default();
        writeln!(out, "wilaya: {}{commune}", place.wilaya())?;
    }
    for event in &record.events {
        writeln!(out, "{}: {}", event.kind.as_str(), application_event::describe(event))?;
    }
    for suspension in &record.suspensions {
        let reason = printable(suspension.reason.as_str());
        writeln!(out, "suspended: {}: {reason}", by(&suspension.by, suspension.at))?;
        if let Some(end) = &suspension.reinstatement {
            writeln!(out, "reinstated: {}", by(&end.by, end.at))?;
        }
    }
    Ok(out)
}

fn by(name: &StaffName, at: DateTime<Utc>) -> String {
    format!("by {} on {}", printable(name.as_str()), format_timestamp(at))
}

fn telephone(record: &AccountRecord) -> Option<&PhoneNumber> {
    match &record.found.account.details {
        RoleDetails::Hospital(hospital) => Some(&hospital.number),
        RoleDetails::Labo(labo) => Some(&labo.number),
        RoleDetails::Patient(_) | RoleDetails::Doctor(_) => record.found.account.profile.numero_tel.as_ref(),
    }
}

fn record_to_json(record: &AccountRecord) -> serde_json::Value {
    let (account, profile) = (&record.found.account, &record.found.account.profile);
    let mut members = to_json(&record.found);
    let [_, arabic] = account.details.names_by_script();
    members["arabic_name"] = json!((!arabic.is_empty()).then(|| arabic.join(" ")));
    members["registered_at"] = json!(format_timestamp(account.registered_at));
    members["language"] = json!(profile.language.tag());
    members["email_verified_at"] = json!(account.email_verified_at.map(format_timestamp));
    members["last_bounce"] = record.last_bounce.as_ref().map_or(serde_json::Value::Null, bounce_to_json);
    members["carte_id"] = json!(profile.carte_id.as_str());
    members["telephone"] = json!(telephone(record).map(PhoneNumber::as_str));
    members["birth_date"] = json!(profile.birth_date.map(|date| date.to_string()));
    let place = profile.place.as_ref();
    members["wilaya"] = json!(place.map(|place| place.wilaya().as_str()));
    members["commune"] = json!(place.and_then(Place::commune).map(Commune::as_str));
    members["identifiers"] = profile
        .identifiers
        .iter()
        .map(|identifier| json!({"system": identifier.system().as_str(), "value": identifier.value()}))
        .collect();
    members["events"] = record.events.iter().map(application_event::event_to_json).collect();
    members["suspensions"] = record.suspensions.iter().map(suspension_to_json).collect();
    members
}

fn bounce_to_json(bounce: &Bounce) -> serde_json::Value {
    json!({
        "at": format_timestamp(bounce.at),
        "template": bounce.template.as_str(),
        "error": bounce.error,
    })
}

fn suspension_to_json(suspension: &Suspension) -> serde_json::Value {
    let end = suspension.reinstatement.as_ref();
    json!({
        "suspended_by": suspension.by.as_str(),
        "suspended_at": format_timestamp(suspension.at),
        "reason": suspension.reason.as_str(),
        "reinstated_by": end.map(|end| end.by.as_str()),
        "reinstated_at": end.map(|end| format_timestamp(end.at)),
    })
}
