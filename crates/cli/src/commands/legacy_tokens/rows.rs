//! Rows of a CSV file with token ids. The fuzz targets include this file by its path.

use std::io::BufRead;

use anyhow::{Context, ensure};
use csv::{ByteRecord, Position, ReaderBuilder};
use sihha_domain::ids::TokenId;

/// Name of the column of token ids, in simplejwt's table too.
pub(crate) const COLUMN: &str = "jti";

/// A row below the names of the columns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A row with the id of a token.
    Token(TokenId),
    /// A row without one.
    Other {
        /// Its line.
        line: u64,
    },
}

/// Returns the rows. Without a line of names there must be one column.
pub(crate) fn rows(mut input: impl BufRead) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Row>>> {
    const UNREADABLE: &str = "cannot read the tokens";
    let delimiter = delimiter(input.fill_buf().context(UNREADABLE)?);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(input);
    let mut first = ByteRecord::new();
    reader.read_byte_record(&mut first).context(UNREADABLE)?;
    let header = first.iter().position(is_column);
    ensure!(header.is_some() || first.len() <= 1, "line 1 names no column {COLUMN}");
    let column = header.unwrap_or(0);
    let unnamed = (header.is_none() && !first.is_empty()).then_some(Ok(first));
    let records = unnamed.into_iter().chain(reader.into_byte_records());
    Ok(records.map(move |record| {
        let record = record.context(UNREADABLE)?;
        let line = record.position().map_or(0, Position::line);
        Ok(token_id(&record, column).map_or(Row::Other { line }, Row::Token))
    }))
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
