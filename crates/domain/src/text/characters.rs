//! Characters that are invisible, or that change how the text around them looks.

use unicode_normalization::char::is_combining_mark;

/// Returns whether `c` is a line separator or a direction override. With them, a name can look like
/// another name to the staff who approve it. Other direction marks and joiners are needed to write
/// Arabic and Persian.
pub(super) const fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}')
}

/// Returns whether `c` is invisible on its own.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_combining_mark(c) || is_ignorable(c) || c == BLANK_BRAILLE
}

const BLANK_BRAILLE: char = '\u{2800}';

/// Returns whether `c` is a `Default_Ignorable_Code_Point` of Unicode, except combining marks.
/// These include the Hangul fillers, which count as letters.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
