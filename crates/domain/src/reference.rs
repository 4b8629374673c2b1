//! Reference data: lists of codes with their names.

/// Names in the languages of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels {
    /// In Arabic.
    pub ar: &'static str,
    /// In French.
    pub fr: &'static str,
    /// In English.
    pub en: &'static str,
}

/// An entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code, which programs store and send.
    pub code: &'static str,
    /// The names, for people.
    pub labels: Labels,
}

impl Entry {
    pub(crate) const fn new(
        code: &'static str,
        ar: &'static str,
        fr: &'static str,
        en: &'static str,
    ) -> Self {
        Self { code, labels: Labels { ar, fr, en } }
    }
}

/// Returns the codes of a list.
pub(crate) const fn codes<const N: usize>(entries: &[Entry; N]) -> [&'static str; N] {
    let (mut codes, mut index) = ([""; N], 0);
    while index < N {
        codes[index] = entries[index].code;
        index += 1;
    }
    codes
}
