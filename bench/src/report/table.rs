use std::fmt::Write as _;

use super::{Reach, Row};
use crate::stats::Spread;

/// Returns the rows as a Markdown table that is readable as text.
pub(super) fn of(rows: &[Row]) -> String {
    let head = ["measure", "measured", "beside it", "judged", "spread", "reach", ""].map(str::to_owned);
    let mut lines = vec![head];
    lines.extend(rows.iter().map(cells));
    let mut widths = [0; 7];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut table = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(widths) {
            // Writing to a String cannot fail.
            let _ = write!(table, "| {cell:width$} ");
        }
        table.push_str("|\n");
        if index == 0 {
            let rules = widths.map(|width| format!("|{:-<1$}", "", width + 2));
            table.push_str(&(rules.concat() + "|\n"));
        }
    }
    table
}

fn cells(row: &Row) -> [String; 7] {
    let with_unit = |spread: Option<Spread>| {
        spread.map_or_else(String::new, |spread| format!("{} {}", number(spread.median), row.unit))
    };
    let beside =
        row.beside.map_or_else(String::new, |_| format!("{} ({})", with_unit(row.beside), row.beside_is));
    [
        row.title.clone(),
        with_unit(row.measured),
        beside,
        row.judged.map_or_else(|| "left out".to_owned(), |spread| number(spread.median)),
        row.judged
            .map_or_else(String::new, |spread| format!("{} to {}", number(spread.min), number(spread.max))),
        reach(row).trim_end().to_owned(),
        match row.reached() {
            Some(true) => "reached",
            Some(false) => "NOT REACHED",
            None => "",
        }
        .to_owned(),
    ]
}

/// Returns the text of a target.
fn reach(row: &Row) -> String {
    let unit = row.unit_of_judged();
    match row.reach {
        Reach::AtLeast(least) => format!("at least {least} {unit}"),
        Reach::AtMost(most) => format!("at most {most} {unit}"),
        Reach::Reported => "reported".to_owned(),
    }
}

/// Formats a figure with about three digits. Small figures keep three decimals, so that rounding
/// does not pass a target.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.3}"),
        ..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
