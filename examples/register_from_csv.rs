//! Registers patients from a CSV file. Reports rows that cannot be registered, and registers the
//! others.
//!
//! ```sh
//! DATABASE_URL=postgres://sihha@db/sihha register_from_csv patients.csv
//! ```
//!
//! Columns: `email,password,carte_id,first_name,last_name,birth_date,numero_tel,gender`, and if known
//! `first_name_ar,last_name_ar,nin`.

use std::io::{self, Write};

use anyhow::{Context, ensure};
use chrono::NaiveDate;
use serde::Deserialize;
use sihha_domain::FieldError;
use sihha_domain::account::{
    ArabicPersonName, BirthDate, CarteId, EmailAddress, EmergencyNumbers, Gender, Patient, PersonName,
    PhoneNumber, Profile, Registration, RoleDetails,
};
use sihha_domain::clock::date_in_algeria;
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};
use sihha_domain::language::Language;
use sihha_domain::password::Password;
use sihha_domain::text::is_not_given;
use sihha_domain::use_cases::{Settings, UseCases};

#[derive(Deserialize)]
struct Row {
    email: String,
    password: String,
    carte_id: String,
    first_name: String,
    last_name: String,
    birth_date: String,
    numero_tel: String,
    gender: String,
    first_name_ar: Option<String>,
    last_name_ar: Option<String>,
    #[serde(default)]
    nin: String,
}

fn main() -> anyhow::Result<()> {
    let file = std::env::args().nth(1).context("usage: register_from_csv FILE")?;
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let ports = sihha_infra::tools::open(&url)?;
    let today = date_in_algeria(ports.clock.now());
    let use_cases = UseCases::new(ports, Settings::DEFAULT);

    let mut rows = csv::Reader::from_path(&file).with_context(|| format!("cannot read {file}"))?;
    let (mut registered, mut failed) = (0, 0);
    for (number, row) in rows.deserialize().enumerate() {
        let row = row.context("not a row of these columns").and_then(|row| read(&row, today));
        match row.and_then(|registration| Ok(use_cases.import_accounts.run(registration)?)) {
            Ok(_) => registered += 1,
            Err(error) => {
                failed += 1;
                // The other rows are registered even if nobody reads this.
                let _ = writeln!(io::stderr(), "row {}: {error:#}", number + 1);
            }
        }
    }
    let _ = writeln!(io::stdout(), "{registered} registered, {failed} failed");
    ensure!(failed == 0, "{failed} rows were not registered");
    Ok(())
}

fn read(row: &Row, today: NaiveDate) -> anyhow::Result<Registration> {
    let nin = Some(&row.nin).filter(|text| !is_not_given(text));
    let nin = nin.map(|text| Identifier::parse(IdentifierSystem::Nin, text)).transpose().context("nin")?;
    let profile = Profile {
        language: Language::OF_ACCOUNTS,
        email: EmailAddress::parse(&row.email).context("email")?,
        carte_id: CarteId::parse(&row.carte_id).context("carte_id")?,
        birth_date: Some(BirthDate::parse(&row.birth_date, today).context("birth_date")?),
        numero_tel: Some(PhoneNumber::parse(&row.numero_tel).context("numero_tel")?),
        gender: Some(Gender::parse(&row.gender).context("gender")?),
        address: None,
        place: None,
        blood_type: None,
        image: None,
        emergency_numbers: EmergencyNumbers::default(),
        identifiers: Identifiers::on_record(nin),
    };
    let details = RoleDetails::Patient(Patient {
        first_name: PersonName::parse(&row.first_name).context("first_name")?,
        last_name: PersonName::parse(&row.last_name).context("last_name")?,
        first_name_ar: given(row.first_name_ar.as_deref()).context("first_name_ar")?,
        last_name_ar: given(row.last_name_ar.as_deref()).context("last_name_ar")?,
        married: None,
    });
    let password = Password::parse(&row.password).context("password")?;
    Ok(Registration { profile, details, password })
}

fn given(name: Option<&str>) -> Result<Option<ArabicPersonName>, FieldError> {
    name.filter(|name| !is_not_given(name)).map(ArabicPersonName::parse).transpose()
}
