//! The picture for the README: logins, reads and memory of the service and its peers, in units that
//! people know. Written by hand, because it must suit GitHub's light and dark pages, which chart
//! libraries do not do.

use std::fmt::Write as _;

use super::Row;
use super::table::number;

/// A row of the report, its heading in the picture, and what better-auth had.
///
/// The bench does not run better-auth. Its figures were recorded with `wrk` and 16 connections on
/// the machine of the committed results: better-auth 1.7, one process of Node 20, its default hash
/// (scrypt), the mean of two rounds.
const PANELS: [(&str, &str, f64, &str); 3] = [
    ("login, against django", "Logins per second", 16.0, "16"),
    ("GET /api/me, against django", "Reads of one's own account per second", 640.0, "640"),
    ("memory while all log in (PSS), against django", "Memory while clients log in", 150.0, "150 to 240 MB"),
];

const WIDTH: f64 = 860.0;
const LINE: f64 = 22.0;
/// Where the bars begin, and where the longest of a panel ends.
const BARS: f64 = 220.0;
const END: f64 = 700.0;

const NOTES: [&str; 2] = [
    "Two cores, shared with Postgres and the load. Sihha and Django in turn, at the same cost of a hash.",
    "better-auth was recorded on another day, with its default hash (scrypt).",
];

const STYLE: &str = "
  .page { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .head { font-weight: 600 } .less { fill: #59636e } .own { fill: #1a7f37 } .peer { fill: #8c959f }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d } text { fill: #f0f6fc } .less { fill: #9198a1 }
    .own { fill: #3fb950 } .peer { fill: #656c76 }
  }
";

/// Returns the rows as SVG.
pub(super) fn of(rows: &[Row]) -> String {
    let mut panels = String::new();
    let mut y = 14.0;
    for (title, heading, recorded, recorded_text) in PANELS {
        let Some(row) = rows.iter().find(|row| row.title == title) else { continue };
        let (Some(own), Some(django)) = (row.measured, row.beside) else { continue };
        // The heading has the unit of rates.
        let unit = if row.unit == "/s" { String::new() } else { format!(" {}", row.unit) };
        let text = |value| number(value) + &unit;
        let bars = [
            ("Sihha", "own", own.median, text(own.median)),
            ("Django", "peer", django.median, text(django.median)),
            ("better-auth", "peer", recorded, recorded_text.to_owned()),
        ];
        // Writing to a String cannot fail.
        let _ = writeln!(panels, r#"<text class="head" x="16" y="{}">{heading}</text>"#, y + 15.0);
        y += LINE;
        let longest = bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
        for (name, class, value, text) in bars {
            let length = ((END - BARS) * value / longest).max(2.0);
            let _ = writeln!(panels, r#"<text x="32" y="{}">{name}</text>"#, y + 15.0);
            let bar = format!(r#"x="{BARS}" y="{}" width="{length:.1}" height="16" rx="2""#, y + 2.0);
            let _ = writeln!(panels, r#"<rect class="{class}" {bar}/>"#);
            let _ =
                writeln!(panels, r#"<text x="{:.1}" y="{}">{text}</text>"#, BARS + length + 8.0, y + 15.0);
            y += LINE;
        }
        y += 10.0;
    }
    for note in NOTES {
        let _ = writeln!(panels, r#"<text class="less" x="16" y="{}">{note}</text>"#, y + 12.0);
        y += 18.0;
    }
    let height = y + 8.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">
<title>Sihha beside Django and better-auth</title>
<style>{STYLE}</style>
<rect class="page" x="0.5" y="0.5" width="{}" height="{}" rx="6"/>
{panels}</svg>
"#,
        WIDTH - 1.0,
        height - 1.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Reach;
    use crate::stats::Spread;

    #[test]
    fn a_bar_has_its_figure_and_a_peer_that_was_left_out_has_no_panel() {
        let spread = |median| Spread { median, min: median, max: median };
        let row = |panel: usize, unit, own, django: Option<f64>| Row {
            title: PANELS[panel].0.to_owned(),
            unit,
            measured: Some(spread(own)),
            beside: django.map(spread),
            beside_is: "django",
            judged: None,
            reach: Reach::Reported,
        };
        let picture = of(&[row(0, "/s", 120.25, None), row(2, "MiB", 46.789, Some(201.98))]);
        assert!(picture.contains(">46.8 MiB<") && picture.contains(">202.0 MiB<"), "{picture}");
        assert!(!picture.contains("Logins per second"), "{picture}");
    }
}
