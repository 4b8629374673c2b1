//! Classes of characters.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::char::is_combining_mark;

/// Returns whether `c` is refused in every text, besides control characters.
pub(super) const fn is_refused(c: char) -> bool {
    matches!(
        c,
        // Line separators and direction overrides: with them, a name can look like another name to
        // the staff who approve it. Other direction marks and joiners are needed to write Arabic
        // and Persian.
        '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}'
            // Marks of annotations and objects that the text itself does not contain.
            | '\u{fff9}'..='\u{fffc}'
            // Tags, which are an invisible copy of ASCII.
            | '\u{e0000}'..='\u{e007f}'
            | '\u{fdd0}'..='\u{fdef}'
    ) || c as u32 & 0xfffe == 0xfffe
}

/// Returns whether `c` is a space: U+0020 and its variants (category Zs).
pub(crate) fn is_space(c: char) -> bool {
    c == ' ' || (!c.is_ascii() && get_general_category(c) == GeneralCategory::SpaceSeparator)
}

/// Returns whether `c` is a hyphen or a dash (category Pd), or the minus sign.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2212}')
        || (!c.is_ascii() && get_general_category(c) == GeneralCategory::DashPunctuation)
}

/// Returns the ASCII digit for a digit of the scripts that Algerians write, or a full-width one.
pub(crate) fn ascii_digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    char::from_digit(c as u32 - zero as u32, 10)
}

/// Returns whether `c` has the property `Bidi_Control` (UAX #9).
pub(crate) const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether `c` says where a line may break, or nothing. Programs add it to texts.
pub(crate) const fn is_filler(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
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

/// Returns whether people write `c` where a form asks for what they do not have.
pub(super) fn is_stroke(c: char) -> bool {
    is_dash(c) || matches!(c, '.' | '…' | '_' | '/' | 'ـ')
}
