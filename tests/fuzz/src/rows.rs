//! Rows of CSV files with the ids of tokens.

#[path = "../../../crates/cli/src/commands/legacy_tokens/rows.rs"]
mod parser;

use std::io::BufReader;

use parser::{COLUMN, Row, rows};

pub(crate) fn run(data: &[u8]) {
    let Some((capacity, data)) = data.split_first() else { return };
    let lines = data.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    let whole = read(data, data.len().max(1));
    // Quotes may enclose a part of a value.
    let unquoted: Vec<u8> = data.iter().copied().filter(|byte| *byte != b'"').collect();
    for row in whole.iter().flatten() {
        match row {
            Row::Token(id) => {
                let digits = id.to_string();
                assert!(unquoted.windows(digits.len()).any(|bytes| bytes == digits.as_bytes()), "{digits}");
            }
            Row::Other { line } => assert!((1..=lines).contains(line), "line {line} of {lines}"),
        }
    }
    assert!(whole.as_ref().is_none_or(|rows| rows.len() as u64 <= lines));
    // Where the file is cut into buffers makes no difference, once the first line fits into one.
    let first = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    assert_eq!(read(data, first + 1 + usize::from(*capacity)), whole);
    // A line of names is not a row.
    if !data.contains(&b'"') && whole.is_some() && !data.starts_with(COLUMN.as_bytes()) {
        let named = [COLUMN.as_bytes(), b"\n", data].concat();
        assert!(read(&named, named.len()).is_some());
    }
}

/// Returns the rows, or `None` if the file is refused.
fn read(data: &[u8], capacity: usize) -> Option<Vec<Row>> {
    let rows = rows(BufReader::with_capacity(capacity, data)).ok()?;
    rows.collect::<Result<_, _>>().ok()
}
