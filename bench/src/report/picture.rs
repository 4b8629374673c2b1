//! The picture for the README: a bar for each row with a target, longer for better figures, and one line that all bars
//! should cross. It is written without a chart library, because those do not support GitHub's light and dark pages.

use std::fmt::Write as _;

use super::table::{number, reach};
use super::{Reach, Row};

const WIDTH: f64 = 860.0;
const ROW: f64 = 26.0;
const TOP: f64 = 46.0;
/// The start of the bars, and the position of the target's line.
const BARS: f64 = 390.0;
const REACHED: f64 = 590.0;
/// Maximum end of a bar.
const END: f64 = 690.0;

const STYLE: &str = "
  .page { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .head { font-weight: 600 } .less { fill: #59636e } .line { stroke: #1f2328; stroke-dasharray: 4 3 }
  .yes { fill: #1a7f37 } .no { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d } text { fill: #f0f6fc } .less { fill: #9198a1 }
    .line { stroke: #f0f6fc } .yes { fill: #3fb950 } .no { fill: #f0883e }
  }
";

/// Returns the rows as SVG.
pub(super) fn of(rows: &[Row]) -> String {
    let rows: Vec<_> = rows.iter().filter_map(|row| Some((row, goodness(row)?))).collect();
    let mut bars = String::new();
    let mut y = TOP;
    for (row, goodness) in &rows {
        bars.push_str(&bar(row, *goodness, y));
        y += ROW;
    }
    let height = y + 16.0;
    let bottom = y + 2.0;
    let top = TOP - 8.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">
<title>Sihha against the limits of the machine</title>
<style>{STYLE}</style>
<rect class="page" x="0.5" y="0.5" width="{}" height="{}" rx="6"/>
<text class="head" x="16" y="26">Sihha against the limits of the machine</text>
<text class="less" x="{REACHED}" y="26" text-anchor="middle">to be reached</text>
{bars}<line class="line" x1="{REACHED}" x2="{REACHED}" y1="{top}" y2="{bottom}"/>
</svg>
"#,
        WIDTH - 1.0,
        height - 1.0,
    )
}

fn bar(row: &Row, goodness: f64, y: f64) -> String {
    let length = ((REACHED - BARS) * goodness).clamp(2.0, END - BARS);
    let class = if row.reached() == Some(true) { "yes" } else { "no" };
    let title = escaped(&row.title);
    let judged = row.judged.map_or_else(String::new, |judged| number(judged.median));
    let mut bar = String::new();
    let text = y + 15.0;
    // Writing to a String cannot fail.
    let _ = writeln!(bar, r#"<text x="16" y="{text}">{title}</text>"#);
    let _ = writeln!(
        bar,
        r#"<rect class="{class}" x="{BARS}" y="{}" width="{length:.1}" height="16" rx="2"/>"#,
        y + 2.0
    );
    let _ = writeln!(
        bar,
        r#"<text x="{}" y="{text}">{judged} <tspan class="less">{}</tspan></text>"#,
        END + 10.0,
        escaped(&reach(row)),
    );
    bar
}

/// Returns the figure in relation to the target: 1 reaches it, more is better. `None` without a target or a figure.
fn goodness(row: &Row) -> Option<f64> {
    let judged = row.judged?.median;
    match row.reach {
        Reach::AtLeast(least) => Some(judged / least),
        Reach::AtMost(most) => Some(most / judged.max(f64::MIN_POSITIVE)),
        Reach::Reported => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
