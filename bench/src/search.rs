//! The search: what it finds of names that its rules were not written for, and how long it takes.

use std::time::Instant;

use fastrand::Rng;
use sihha_domain::account::{
    Account, CarteId, EmailAddress, EmergencyNumbers, NewAccount, Patient, PersonName, Profile, RoleDetails,
};
use sihha_domain::clock::Clock;
use sihha_domain::identifier::Identifiers;
use sihha_domain::ids::ProfileId;
use sihha_domain::language::Language;
use sihha_domain::password::PasswordHash;
use sihha_domain::search::{SearchFilter, SearchQuery};
use sihha_domain::use_cases::{Ports, Settings, UseCases};
use sihha_infra::postgres::Database;
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_infra::tools;

use crate::fixture::new_database;
use crate::names::name;
use crate::options::SearchOptions;
use crate::postgres::Postgres;
use crate::report::note;

/// Names with their kind, the Arabic spelling and Latin spellings.
const HELD_OUT: &str = include_str!("../names/held_out.tsv");

/// Number of persons with held-out names, in each script.
const PERSONS: usize = 1000;

/// Number of calls of each query.
const CALLS: usize = 500;

/// A person whose account is stored with one spelling, and is searched with others.
struct Person {
    stored: ProfileId,
    latin: String,
    arabic: String,
}

/// Loads accounts, and reports how well and how fast persons are found among them.
pub(crate) fn run(options: &SearchOptions) -> anyhow::Result<()> {
    let postgres = Postgres::start()?;
    new_database(&postgres, &options.common.binary()?, "search", options.accounts)?;
    note(&format!("among {} others", options.accounts))?;
    measure(&postgres, "search")
}

/// Adds persons with held-out names to a database with accounts, and reports quality and speed.
pub(crate) fn measure(postgres: &Postgres, database: &str) -> anyhow::Result<()> {
    let ports = tools::ports(&Database::parse(&postgres.url(database))?);
    let mut random = Rng::with_seed(7);
    let latin = persons(&ports, &mut random, false)?;
    let arabic = persons(&ports, &mut random, true)?;
    postgres.query(database, "VACUUM (ANALYZE) search_keys")?;
    let use_cases = UseCases::new(ports, Settings::DEFAULT);
    quality(&use_cases, "Latin, stored in another Latin spelling", &latin, |person| &person.latin)?;
    quality(&use_cases, "Arabic, stored in Latin", &latin, |person| &person.arabic)?;
    quality(&use_cases, "Latin, stored in Arabic", &arabic, |person| &person.latin)?;
    let common = name(0);
    let queries =
        ["Mohamed", "محمد", "Mouhamed Ben Ali", "Mohamed Zeroual", "Tinhinane Oussedik", "Khadidja"];
    for query in
        queries.into_iter().chain([&*format!("{} {}", common.0, common.1), "Mohamed Xyzt", "p", "0550001234"])
    {
        speed(&use_cases, query)?;
    }
    Ok(())
}

/// Adds persons with random pairs of names, stored in Arabic or in one of the Latin spellings.
fn persons(ports: &Ports, random: &mut Rng, in_arabic: bool) -> anyhow::Result<Vec<Person>> {
    let of_kind = |wanted: &str| {
        let lines = HELD_OUT.lines().filter_map(|line| line.split_once('\t'));
        let lines = lines.filter(|(kind, _)| *kind == wanted);
        lines.map(|(_, names)| names.split('\t').collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let (first_names, last_names) = (of_kind("first"), of_kind("last"));
    let mut persons = Vec::with_capacity(PERSONS);
    for number in 0..PERSONS {
        let first = spellings(&first_names[number % first_names.len()], random);
        let last = spellings(&last_names[random.usize(..last_names.len())], random);
        let stored = if in_arabic { (first.arabic, last.arabic) } else { (first.stored, last.stored) };
        let account = account(&format!("held-out-{number}-{in_arabic}"), stored)?;
        let hash = PasswordHash::new("$none".to_owned());
        ports.store.autocommit()?.accounts().insert(&NewAccount::with_password(&account, &hash))?;
        let in_any_order = |first: &str, last: &str| match number % 2 {
            0 => format!("{first} {last}"),
            _ => format!("{last} {first}"),
        };
        persons.push(Person {
            stored: account.id,
            latin: in_any_order(first.asked, last.asked),
            arabic: in_any_order(first.arabic, last.arabic),
        });
    }
    Ok(persons)
}

/// Spellings of one name: two different ones in Latin script.
struct Spellings {
    arabic: &'static str,
    stored: &'static str,
    asked: &'static str,
}

fn spellings(all: &[&'static str], random: &mut Rng) -> Spellings {
    let mut latin = all[1..].to_vec();
    random.shuffle(&mut latin);
    Spellings { arabic: all[0], stored: latin[0], asked: latin[1] }
}

fn account(label: &str, (first, last): (&str, &str)) -> anyhow::Result<Account> {
    let now = SystemClock.now();
    Ok(Account {
        id: ProfileId::generate(now, &SystemRandomness),
        registered_at: now,
        submitted_at: now,
        profile: Profile {
            email: EmailAddress::on_record(format!("{label}@bench.example.org")),
            carte_id: CarteId::on_record(label.to_owned()),
            birth_date: None,
            numero_tel: None,
            address: None,
            place: None,
            identifiers: Identifiers::default(),
            blood_type: None,
            gender: None,
            image: None,
            emergency_numbers: EmergencyNumbers::default(),
            language: Language::OF_ACCOUNTS,
        },
        details: RoleDetails::Patient(Patient {
            first_name: PersonName::parse(first)?,
            last_name: PersonName::parse(last)?,
            first_name_ar: None,
            last_name_ar: None,
            married: None,
        }),
        email_verified_at: None,
        approval: None,
        pending_changes: None,
    })
}

/// Reports how many persons are found among the first ten, and how many are the first.
fn quality(
    use_cases: &UseCases,
    title: &str,
    persons: &[Person],
    query: fn(&Person) -> &str,
) -> anyhow::Result<()> {
    let (mut found, mut first) = (0, 0);
    for person in persons {
        let query = SearchQuery::parse(query(person));
        let matches = use_cases.search_accounts.run(&query, &SearchFilter::default(), None, 10)?;
        let place = matches.iter().position(|found| found.found.account.id == person.stored);
        found += usize::from(place.is_some());
        // Persons of the same names in the same spelling share their place.
        let name = |at: usize| matches[at].found.account.details.name().to_lowercase();
        first += usize::from(place.is_some_and(|place| name(place) == name(0)));
    }
    note(&format!("{title}: {found} of {} among ten, {first} first", persons.len()))
}

fn speed(use_cases: &UseCases, query: &str) -> anyhow::Result<()> {
    let parsed = SearchQuery::parse(query);
    let mut times = Vec::with_capacity(CALLS);
    let mut found = 0;
    for _ in 0..CALLS {
        let started = Instant::now();
        found = use_cases.search_accounts.run(&parsed, &SearchFilter::default(), None, 10)?.len();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let (median, p99) = (times[CALLS / 2], times[CALLS * 99 / 100]);
    note(&format!("{query}: {found} found, median {median:.1} ms, p99 {p99:.1} ms"))
}
