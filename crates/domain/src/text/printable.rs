//! Text for a terminal.

use std::borrow::Cow;
use std::iter;

use super::characters::is_bidi_control;

/// U+2068, which isolates what follows until U+2069.
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// Returns `text` for one line of a terminal.
///
/// Characters that break the line, override the direction of text or are invisible tags become
/// escapes such as `\u{1b}`. Text with other bidirectional controls is isolated from the rest of the
/// line (UAX #9 §6.3), and what it opens is closed. Stored text may contain all of them, if it was
/// accepted under an earlier rule.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_deceptive(c) || is_bidi_control(c)) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len());
    let (mut has_bidi_control, mut open_isolates) = (false, 0_usize);
    for c in text.chars() {
        let closes = c == POP_ISOLATE;
        if is_deceptive(c) || closes && open_isolates == 0 {
            printable.extend(c.escape_unicode());
            continue;
        }
        has_bidi_control |= is_bidi_control(c);
        open_isolates += usize::from(matches!(c, '\u{2066}'..='\u{2068}'));
        open_isolates -= usize::from(closes);
        printable.push(c);
    }
    if has_bidi_control {
        printable.insert(0, FIRST_STRONG_ISOLATE);
        printable.extend(iter::repeat_n(POP_ISOLATE, open_isolates + 1));
    }
    Cow::Owned(printable)
}

fn is_deceptive(c: char) -> bool {
    let breaks_line = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    breaks_line || matches!(c, '\u{202d}' | '\u{202e}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_an_account_stays_on_its_line_and_in_its_place() {
        for (text, printed) in [
            ("Leïla, د. ليلى بن علي", "Leïla, د. ليلى بن علي"),
            ("a\nb\r\u{85}\u{2028}\u{1b}[31m\u{9b}", r"a\u{a}b\u{d}\u{85}\u{2028}\u{1b}[31m\u{9b}"),
            ("a\u{202e}b\u{202d}", r"a\u{202e}b\u{202d}"),
            ("a\u{e0041}", r"a\u{e0041}"),
            ("\u{200f}a\u{61c}", "\u{2068}\u{200f}a\u{61c}\u{2069}"),
            ("\u{202b}a", "\u{2068}\u{202b}a\u{2069}"),
            ("\u{2067}a", "\u{2068}\u{2067}a\u{2069}\u{2069}"),
            ("\u{2067}a\u{2069}\u{2066}b", "\u{2068}\u{2067}a\u{2069}\u{2066}b\u{2069}\u{2069}"),
            ("a\u{2069}b", r"a\u{2069}b"),
            ("\u{200e}a\u{2069}b", "\u{2068}\u{200e}a\\u{2069}b\u{2069}"),
        ] {
            assert_eq!(printable(text), printed, "{text:?}");
        }
    }
}
