//! Applications that exist before the first request.

use std::io::Write;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use sihha_domain::account::{PhoneNumber, Role};
use sihha_domain::ids::ProfileId;
use sihha_domain::place::Wilaya;
use sihha_domain::search::SearchTerms;
use uuid::Uuid;

use crate::names::name;
use crate::postgres::Postgres;

/// Prefixes of ids: a number follows, in the form of a `UUIDv7`.
const PROFILES: u128 = 0x0198_0000_0002_7000_8000_0000_0000_0000;
const EVENTS: u128 = 0x0198_0000_0003_7000_8000_0000_0000_0000;

/// Time between two submissions.
const INTERVAL: TimeDelta = TimeDelta::seconds(40);

/// One application.
struct Application {
    id: Uuid,
    number: u64,
    role: Role,
    wilaya: &'static str,
    /// What is in force, and the state for staff.
    states: (&'static str, &'static str),
    submitted_at: DateTime<Utc>,
}

impl Application {
    fn new(number: u64, count: u64, now: DateTime<Utc>) -> Self {
        let mut random = Rng::with_seed(number);
        // A national start: ten professionals for one facility.
        let role = match number % 22 {
            0 => Role::Hospital,
            11 => Role::Labo,
            _ => Role::Doctor,
        };
        // Of the wilayas, a few have most applications.
        let wilayas = Wilaya::codes();
        let place = random.usize(..wilayas.len()).min(random.usize(..wilayas.len()));
        // For four that are pending, one is in another state.
        let states = match number % 20 {
            4 => ("pending", "changes_requested"),
            9 => ("approved", "approved"),
            14 => ("rejected", "rejected"),
            19 => ("approved", "changes_pending"),
            _ => ("pending", "pending"),
        };
        let later = i32::try_from(count - number).unwrap_or(i32::MAX);
        Self {
            id: Uuid::from_u128(PROFILES + u128::from(number)),
            number,
            role,
            wilaya: wilayas[place],
            states,
            submitted_at: now - INTERVAL * later,
        }
    }

    fn telephone(&self) -> String {
        format!("06{:08}", self.number / 2)
    }

    fn email(&self) -> String {
        format!("applicant{}@bench.example.org", self.number)
    }

    fn decided_at(&self) -> DateTime<Utc> {
        self.submitted_at + TimeDelta::hours(30)
    }

    fn write_approval(&self, out: &mut dyn Write) -> std::io::Result<()> {
        const NULL: &str = "\\N";
        let (in_force, state) = self.states;
        let decided_at = self.decided_at();
        let decided = match in_force {
            "pending" => format!("{NULL}\t{NULL}\t{NULL}"),
            "rejected" => format!("Leïla Mansouri\t{decided_at}\tother"),
            _ => format!("Leïla Mansouri\t{decided_at}\t{NULL}"),
        };
        let requested = match state {
            "changes_requested" => format!("{decided_at}\tVeuillez corriger\t{{specialite}}"),
            _ => format!("{NULL}\t{NULL}\t{NULL}"),
        };
        let changes = if state == "changes_pending" {
            r#"{"first_name_ar": "أمينة", "name_ar": "مخبر"}"#
        } else {
            NULL
        };
        let Self { id, role, submitted_at, wilaya, .. } = self;
        writeln!(
            out,
            "{id}\t{}\t{in_force}\t{decided}\t{state}\t{submitted_at}\t{wilaya}\t{requested}\t{changes}\t0",
            role.as_str()
        )
    }

    fn write_event(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let (kind, reason, facts) = match self.states.1 {
            "approved" | "changes_pending" => ("approved", "\\N", "\\N"),
            "rejected" => ("rejected", "Diplôme illisible", "\\N"),
            "changes_requested" => ("changes_requested", "Veuillez corriger", "{}"),
            _ => return Ok(()),
        };
        let id = Uuid::from_u128(EVENTS + u128::from(self.number));
        // One of a hundred members of staff.
        let actor = Uuid::from_u128(EVENTS + u128::from(self.number % 100));
        let at = self.decided_at();
        writeln!(out, "{}\t{id}\t{kind}\t{at}\t{actor}\tLeïla Mansouri\t{reason}\t{facts}", self.id)
    }
}

/// Loads applications into a database that has other accounts: `pending` of them wait for a decision, and
/// a quarter as many are in other states.
pub(crate) fn load(
    postgres: &Postgres,
    database: &str,
    pending: u64,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let count = pending + pending / 4;
    let each = |out: &mut dyn Write,
                row: &mut dyn FnMut(&mut dyn Write, Application) -> std::io::Result<()>| {
        (0..count).try_for_each(|number| row(out, Application::new(number, count, now)))
    };
    let copy = |columns: &str, row: &mut dyn FnMut(&mut dyn Write, Application) -> std::io::Result<()>| {
        postgres.copy(database, columns, |out| each(out, row))
    };
    copy(
        "profiles (id, role, doctor_role, hospital_role, labo_role, approval_role, email, carte_id, birth_date, numero_tel, \
         registered_at, wilaya)",
        &mut |out, it| {
            let role = it.role.as_str();
            let of = |wanted| if it.role == wanted { role } else { "\\N" };
            let (doctor, hospital, labo) = (of(Role::Doctor), of(Role::Hospital), of(Role::Labo));
            let (id, email, number, telephone) = (it.id, it.email(), it.number, it.telephone());
            let (at, wilaya) = (it.submitted_at, it.wilaya);
            writeln!(
                out,
                "{id}\t{role}\t{doctor}\t{hospital}\t{labo}\t{role}\t{email}\tPRO{number}\t1980-05-15\t{telephone}\t{at}\t{wilaya}"
            )
        },
    )?;
    copy("identifiers (system, value_key, profile_id, claimed_at)", &mut |out, it| {
        let (id, email, number, at) = (it.id, it.email(), it.number, it.submitted_at);
        writeln!(out, "email\t{email}\t{id}\t{at}\ncarte_id\tpro{number}\t{id}\t{at}")
    })?;
    for role in [Role::Doctor, Role::Hospital, Role::Labo] {
        let columns = match role {
            Role::Doctor => "doctors (profile_id, first_name, last_name, specialite, is_privee)",
            Role::Hospital => "hospitals (profile_id, name, number, address)",
            _ => "labos (profile_id, name, number, address)",
        };
        copy(columns, &mut |out, it| {
            let (first, last) = name(it.number);
            match role {
                _ if it.role != role => Ok(()),
                Role::Doctor => writeln!(out, "{}\t{first}\t{last}\tCARDIOLOGIE\tt", it.id),
                _ => writeln!(out, "{}\tClinique {first} {last}\t021960606\tAlger", it.id),
            }
        })?;
    }
    copy(
        "approvals (profile_id, role, state, decided_by, decided_at, reason_code, application_state, submitted_at, wilaya, \
         requested_at, requested_message, requested_fields, pending_changes, possible_duplicates)",
        &mut |out, it| it.write_approval(out),
    )?;
    copy(
        "application_events (profile_id, id, kind, at, actor_id, actor_name, reason, facts)",
        &mut |out, it| it.write_event(out),
    )?;
    copy("search_keys (profile_id, terms)", &mut |out, it| {
        let (first, last) = name(it.number);
        let mut terms = match it.role {
            Role::Doctor => SearchTerms::names(&[&first, &last]),
            _ => SearchTerms::names(&["Clinique", &first, &last]),
        };
        terms.push(SearchTerms::role(it.role));
        terms.push(format!("wilaya:{}", it.wilaya));
        terms.extend(SearchTerms::telephone(&PhoneNumber::on_record(it.telephone())));
        let terms = SearchTerms::with_sample(ProfileId::from_uuid(it.id), terms);
        writeln!(out, "{}\t{{{}}}", it.id, terms.join(","))
    })?;
    postgres.query(database, "VACUUM (FREEZE, ANALYZE)")?;
    postgres.query(database, "CHECKPOINT").map(drop)
}
