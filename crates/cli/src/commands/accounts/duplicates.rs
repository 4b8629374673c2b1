//! The report of accounts that may belong to the same person or organisation.

use serde_json::Value;
use sihha_domain::search::{DuplicateReason, Duplicates, PossibleDuplicate};

use crate::commands::found_account::{line, no_account, to_json};
use crate::commands::use_cases::with_use_cases;
use crate::config::DuplicatesOptions;
use crate::output::print;

/// Prints each account that has possible duplicates, as soon as it is found.
pub(super) fn run(options: &DuplicatesOptions) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let mut report = Report { json: options.json, count: 0 };
        match &options.account {
            Some(account) => {
                let found = use_cases.find_duplicates.run(account)?.ok_or_else(|| no_account(account))?;
                if !found.possible.is_empty() {
                    report.add(&found)?;
                }
            }
            None => use_cases.find_duplicates.report(|found| report.add(&found))?,
        }
        report.end()
    })
}

/// What was printed so far.
struct Report {
    json: bool,
    count: u64,
}

impl Report {
    fn add(&mut self, found: &Duplicates) -> anyhow::Result<()> {
        let text = if self.json {
            let separator = if self.count == 0 { "[" } else { ",\n" };
            format!("{separator}{}", members(found))
        } else {
            let others = found.possible.iter().map(|one| format!("    {}\n", describe(one)));
            format!("{}\n{}", line(&found.of), others.collect::<String>())
        };
        self.count += 1;
        print(&text)
    }

    fn end(&self) -> anyhow::Result<()> {
        match (self.json, self.count) {
            (true, 0) => print("[]\n"),
            (true, _) => print("]\n"),
            (false, 0) => print("no possible duplicates found\n"),
            (false, _) => Ok(()),
        }
    }
}

fn members(found: &Duplicates) -> Value {
    let with_reasons = |one: &PossibleDuplicate| {
        let mut members = to_json(&one.found);
        members["reasons"] = one.reasons.iter().map(|reason| reason.as_str()).collect();
        members
    };
    let mut account = to_json(&found.of);
    account["duplicates"] = found.possible.iter().map(with_reasons).collect();
    account
}

fn describe(one: &PossibleDuplicate) -> String {
    let reasons: Vec<_> = one.reasons.iter().map(|reason| text(*reason)).collect();
    format!("{}  ({})", line(&one.found), reasons.join(", "))
}

const fn text(reason: DuplicateReason) -> &'static str {
    match reason {
        DuplicateReason::Identifier => "same identifier",
        DuplicateReason::Telephone => "same telephone number",
        DuplicateReason::NameAndBirthDate => "same name and date of birth",
    }
}
