//! Names of patients, in both scripts. A few names are frequent: Mohamed is every twentieth.

use std::sync::LazyLock;

use fastrand::Rng;

static LATIN: LazyLock<Script> = LazyLock::new(|| Script {
    first: include_str!("../names/first.txt").lines().collect(),
    last: include_str!("../names/last.txt").lines().collect(),
    prefixes: ["Ben", "Bou", "Ait "],
});

static ARABIC: LazyLock<Script> = LazyLock::new(|| Script {
    first: include_str!("../names/first_ar.txt").lines().collect(),
    last: include_str!("../names/last_ar.txt").lines().collect(),
    prefixes: ["بن ", "بو", "آيت "],
});

/// The names of a script. A third of the family names is a first name with a prefix.
struct Script {
    first: Vec<&'static str>,
    last: Vec<&'static str>,
    prefixes: [&'static str; 3],
}

/// Returns the first and the last name of the patient with this number. One patient in five has an
/// Arabic name.
pub(crate) fn name(number: u64) -> (String, String) {
    let mut random = Rng::with_seed(number);
    let script = if random.u8(..5) == 0 { &ARABIC } else { &LATIN };
    let first = pick(&script.first, &mut random).to_owned();
    let last = if random.u8(..3) == 0 {
        let prefix = script.prefixes[random.usize(..3)];
        format!("{prefix}{}", pick(&script.first, &mut random).to_lowercase())
    } else {
        pick(&script.last, &mut random).to_owned()
    };
    (first, last)
}

/// Returns a random name. Its frequency is inverse to its place in the list (Zipf's law), except
/// among the first few.
fn pick(list: &[&'static str], random: &mut Rng) -> &'static str {
    const FLATTENED: f64 = 5.0;
    #[expect(clippy::cast_precision_loss, reason = "a list has a few hundred names")]
    let steepness = (list.len() as f64 + FLATTENED) / FLATTENED;
    let place = FLATTENED * steepness.powf(random.f64()) - FLATTENED;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let place = place as usize;
    list[place.min(list.len() - 1)]
}
