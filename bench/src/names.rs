//! Names of patients, in both scripts. A few names are frequent: Mohamed is every twentieth.

use fastrand::Rng;

const LATIN: Script = Script {
    first: include_str!("../names/first.txt"),
    last: include_str!("../names/last.txt"),
    prefixes: ["Ben", "Bou", "Ait "],
};

const ARABIC: Script = Script {
    first: include_str!("../names/first_ar.txt"),
    last: include_str!("../names/last_ar.txt"),
    prefixes: ["بن ", "بو", "آيت "],
};

/// The lists of a script. A third of the family names is a first name with a prefix.
struct Script {
    first: &'static str,
    last: &'static str,
    prefixes: [&'static str; 3],
}

/// Returns the first and the last name of the patient with this number. One patient in five has an
/// Arabic name.
pub(crate) fn name(number: u64) -> (String, String) {
    let mut random = Rng::with_seed(number);
    let script = if random.u8(..5) == 0 { ARABIC } else { LATIN };
    let first = pick(script.first, &mut random).to_owned();
    let last = if random.u8(..3) == 0 {
        let prefix = script.prefixes[random.usize(..3)];
        format!("{prefix}{}", pick(script.first, &mut random).to_lowercase())
    } else {
        pick(script.last, &mut random).to_owned()
    };
    (first, last)
}

/// Returns a random line. The frequency of a line is inverse to its number (Zipf's law), except
/// among the first few.
fn pick(list: &'static str, random: &mut Rng) -> &'static str {
    const FLATTENED: f64 = 5.0;
    let lines = list.lines().count();
    #[expect(clippy::cast_precision_loss, reason = "a list has a few hundred lines")]
    let steepness = (lines as f64 + FLATTENED) / FLATTENED;
    let rank = FLATTENED * steepness.powf(random.f64()) - FLATTENED;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let rank = rank as usize;
    list.lines().nth(rank.min(lines - 1)).unwrap_or_default()
}
