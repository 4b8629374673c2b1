mod rows;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail};
use sihha_domain::session::BlockLegacyTokens;

use self::rows::{COLUMN, Row, rows};
use super::use_cases::with_use_cases;
use crate::config::LegacyTokensCommand;
use crate::output;

/// Maximum number of lines without an id that are named.
const MAX_NAMED: usize = 10;

/// Blocks tokens of the legacy backend.
pub(crate) fn run(command: LegacyTokensCommand) -> anyhow::Result<()> {
    let LegacyTokensCommand::Block(options) = command;
    let input = open(&options.file)?;
    with_use_cases(&options.database, |use_cases| block(input, &use_cases.block_legacy_tokens))
}

fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}

fn block(input: Box<dyn BufRead>, use_case: &BlockLegacyTokens) -> anyhow::Result<()> {
    let (mut batch, mut bad_lines) = (Vec::new(), Vec::new());
    let (mut total, mut blocked) = (0, 0);
    for row in rows(input)? {
        match row? {
            Row::Token(id) => batch.push(id),
            Row::Other { line } => bad_lines.push(line),
        }
        if batch.len() == BlockLegacyTokens::BATCH {
            blocked += use_case.run(&batch)?;
            total += batch.len();
            batch.clear();
        }
    }
    blocked += use_case.run(&batch)?;
    total += batch.len();
    output::report(&format!("blocked: {blocked}, already blocked: {}\n", total - blocked));
    report(&bad_lines)
}

fn report(bad_lines: &[u64]) -> anyhow::Result<()> {
    if bad_lines.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = bad_lines.iter().take(MAX_NAMED).map(u64::to_string).collect();
    let more = bad_lines.len() - named.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    bail!("no {COLUMN} of 32 lower-case hexadecimal digits in line {}{more}", named.join(", "))
}
