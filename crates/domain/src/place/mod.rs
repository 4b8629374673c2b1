//! Places in Algeria: the 69 wilayas and 1,541 communes of loi 26-06 (2026), with their names in
//! French and Arabic from the package `syscli-algeria` (`algeria/LICENSE`).
//!
//! It is reference data: the tables `wilayas` and `communes` have the same rows.

use std::sync::LazyLock;

use crate::field::FieldError;
use crate::reference::Entry;
use crate::text::{Rule, Text, one_of};

/// A wilaya, by its number as two digits, such as `16`.
pub type Wilaya = Text<WilayaRule>;

/// The rule of a [`Wilaya`].
pub enum WilayaRule {}

static WILAYAS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let rows = rows(include_str!("algeria/wilayas.csv"));
    rows.filter_map(|mut row| Some(place(row.next()?, row.next()?, row.next()?))).collect()
});
static WILAYA_CODES: LazyLock<Vec<&str>> =
    LazyLock::new(|| WILAYAS.iter().map(|wilaya| wilaya.code).collect());

impl Wilaya {
    /// Returns every wilaya, by its code.
    #[must_use]
    pub fn entries() -> &'static [Entry] {
        &WILAYAS
    }

    /// Returns the code of every wilaya, in order.
    #[must_use]
    pub fn codes() -> &'static [&'static str] {
        &WILAYA_CODES
    }
}

impl Rule for WilayaRule {
    fn read(text: &str) -> Result<String, FieldError> {
        one_of(Wilaya::codes(), text)
    }
}

/// A commune, by the four digits of its code in the list of 48 wilayas, such as `1601`. So its first
/// two digits may be those of the wilaya that it once belonged to.
pub type Commune = Text<CommuneRule>;

/// The rule of a [`Commune`].
pub enum CommuneRule {}

/// A commune in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommuneEntry {
    /// The code of its wilaya.
    pub wilaya: &'static str,
    /// Its own code and names.
    pub entry: Entry,
}

static COMMUNES: LazyLock<Vec<CommuneEntry>> = LazyLock::new(|| {
    let rows = rows(include_str!("algeria/communes.csv"));
    rows.filter_map(|mut row| {
        let (code, wilaya) = (row.next()?, row.next()?);
        Some(CommuneEntry { wilaya, entry: place(code, row.next()?, row.next()?) })
    })
    .collect()
});
static COMMUNE_CODES: LazyLock<Vec<&str>> =
    LazyLock::new(|| COMMUNES.iter().map(|commune| commune.entry.code).collect());

impl Commune {
    /// Returns every commune, by the code of its wilaya and its own.
    #[must_use]
    pub fn entries() -> &'static [CommuneEntry] {
        &COMMUNES
    }

    /// Returns the wilaya to which the commune belongs, or `None` if this release does not know the
    /// commune.
    #[must_use]
    pub fn wilaya(&self) -> Option<&'static str> {
        COMMUNES.iter().find(|commune| commune.entry.code == self.as_str()).map(|commune| commune.wilaya)
    }
}

impl Rule for CommuneRule {
    fn read(text: &str) -> Result<String, FieldError> {
        one_of(&COMMUNE_CODES, text)
    }
}

/// Returns the fields of each row below the names of the columns. No field has quotes.
fn rows(csv: &'static str) -> impl Iterator<Item = std::str::Split<'static, char>> {
    csv.lines().skip(1).map(|row| row.split(','))
}

/// Returns the entry of a place, which has no English name in the data.
const fn place(code: &'static str, fr: &'static str, ar: &'static str) -> Entry {
    Entry::new(code, ar, fr, fr)
}

/// Where an account is: in a wilaya, and there in a commune, if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    wilaya: Wilaya,
    commune: Option<Commune>,
}

impl Place {
    /// Returns the place in a wilaya and a commune. A commune alone implies its wilaya. Without both
    /// there is no place.
    ///
    /// # Errors
    ///
    /// [`FieldError::OtherWilaya`] if the commune belongs to another wilaya.
    pub fn new(wilaya: Option<Wilaya>, commune: Option<Commune>) -> Result<Option<Self>, FieldError> {
        let of_commune = commune.as_ref().and_then(Commune::wilaya);
        match (wilaya, of_commune) {
            (Some(given), Some(wilaya)) if given.as_str() != wilaya => {
                Err(FieldError::OtherWilaya { wilaya })
            }
            (given, implied) => {
                let wilaya = given.or_else(|| implied.map(|code| Wilaya::on_record(code.to_owned())));
                Ok(wilaya.map(|wilaya| Self { wilaya, commune }))
            }
        }
    }

    /// Returns a stored place as it is: since it was stored, a law may have moved the commune to
    /// another wilaya.
    #[must_use]
    pub const fn on_record(wilaya: Wilaya, commune: Option<Commune>) -> Self {
        Self { wilaya, commune }
    }

    /// Returns the wilaya.
    #[must_use]
    pub const fn wilaya(&self) -> &Wilaya {
        &self.wilaya
    }

    /// Returns the commune.
    #[must_use]
    pub const fn commune(&self) -> Option<&Commune> {
        self.commune.as_ref()
    }
}
