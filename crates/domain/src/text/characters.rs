//! Classes of characters.

use std::ops::RangeInclusive;

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

/// Returns whether `c` separates the parts of a number.
pub(super) fn is_separator(c: char) -> bool {
    is_space(c) || is_dash(c) || matches!(c, '/' | '\u{2044}' | '\u{2215}' | '\u{ff0f}')
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

/// The letters of the Arabic script (Unicode blocks Arabic, its supplement, extension A and
/// presentation forms), without the marks, the digits and the tatweel that only lengthens a word.
pub const ARABIC_LETTERS: [RangeInclusive<char>; 17] = [
    '\u{620}'..='\u{63f}',
    '\u{641}'..='\u{64a}',
    '\u{66e}'..='\u{66f}',
    '\u{671}'..='\u{6d3}',
    '\u{6d5}'..='\u{6d5}',
    '\u{6ee}'..='\u{6ef}',
    '\u{6fa}'..='\u{6fc}',
    '\u{6ff}'..='\u{6ff}',
    '\u{750}'..='\u{77f}',
    '\u{8a0}'..='\u{8c7}',
    '\u{fb50}'..='\u{fbb1}',
    '\u{fbd3}'..='\u{fd3d}',
    '\u{fd50}'..='\u{fd8f}',
    '\u{fd92}'..='\u{fdc7}',
    '\u{fdf0}'..='\u{fdfb}',
    '\u{fe70}'..='\u{fe74}',
    '\u{fe76}'..='\u{fefc}',
];

/// Returns whether `c` is a letter of the Arabic script.
pub(super) fn is_arabic_letter(c: char) -> bool {
    ARABIC_LETTERS.iter().any(|range| range.contains(&c))
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
