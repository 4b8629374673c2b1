use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use csv::{ByteRecord, ReaderBuilder};
use sihha_domain::ids::TokenId;
use sihha_domain::session::BlockLegacyTokens;

use super::use_cases::with_use_cases;
use crate::config::LegacyTokensCommand;
use crate::output;

/// Name of the column of token ids, in simplejwt's table too.
const COLUMN: &str = "jti";

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

fn block(mut input: Box<dyn BufRead>, use_case: &BlockLegacyTokens) -> anyhow::Result<()> {
    let delimiter = delimiter(input.fill_buf().context("cannot read the tokens")?);
    let mut records =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(input);
    let (mut column, mut batch, mut bad_lines) = (0, Vec::new(), Vec::new());
    let (mut total, mut blocked) = (0, 0);
    for (index, record) in records.byte_records().enumerate() {
        let record = record.context("cannot read the tokens")?;
        if index == 0 {
            let header = record.iter().position(is_column);
            ensure!(header.is_some() || record.len() == 1, "line 1 names no column {COLUMN}");
            if let Some(header) = header {
                column = header;
                continue;
            }
        }
        match token_id(&record, column) {
            Some(id) => batch.push(id),
            None => bad_lines.push(record.position().map_or(0, csv::Position::line)),
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

/// Returns the delimiter of the columns. Spreadsheets in French write semicolons.
fn delimiter(beginning: &[u8]) -> u8 {
    let header = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    [b';', b'\t'].into_iter().find(|delimiter| header.contains(delimiter)).unwrap_or(b',')
}

fn is_column(name: &[u8]) -> bool {
    name.trim_ascii().eq_ignore_ascii_case(COLUMN.as_bytes())
}

fn token_id(record: &ByteRecord, column: usize) -> Option<TokenId> {
    TokenId::parse(std::str::from_utf8(record.get(column)?.trim_ascii()).ok()?)
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
