//! Accounts and sessions that exist before the first request, and their tokens.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sihha_domain::account::{PhoneNumber, Role};
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::password::{Password, PasswordHasher};
use sihha_domain::search::SearchTerms;
use sihha_domain::session::{AccessClaims, Claims, RefreshClaims, TokenClaims, TokenIssuer};
use sihha_infra::argon2::{Argon2Cost, Argon2Hasher};
use sihha_infra::jwt::{JwtIssuer, KeyRing, KeySources};
use sihha_infra::system::{SystemClock, SystemRandomness};
use uuid::Uuid;

use crate::conversations::PASSWORD;
use crate::names::name;
use crate::postgres::Postgres;

/// The secret that signs the tokens of the service and of the bench.
pub(crate) const JWT_SECRET: &str = "the secret of the bench, which is long enough";
/// `iss` of the tokens: the service's default.
const ISSUER: &str = "sihha";

/// Prefixes of ids: a number follows, in the form of a `UUIDv7`. Accounts of similar age are
/// neighbours in the index.
const PROFILES: u128 = 0x0198_0000_0000_7000_8000_0000_0000_0000;
const SESSIONS: u128 = 0x0198_0000_0001_7000_8000_0000_0000_0000;

/// Patients 0, 1, 2, … of a database, each with one session.
#[derive(Clone)]
pub(crate) struct Accounts {
    /// Number of accounts.
    pub(crate) count: u64,
    /// Number of random accounts that a load uses.
    pub(crate) awake: u64,
    /// The name of the database.
    pub(crate) database: String,
    issuer: Arc<JwtIssuer>,
    now: DateTime<Utc>,
}

impl Accounts {
    /// Loads accounts into a database that has the schema and no rows.
    pub(crate) fn load(postgres: &Postgres, database: &str, count: u64) -> anyhow::Result<Self> {
        let accounts = Self {
            count,
            awake: count,
            database: database.to_owned(),
            issuer: Arc::new(issuer()?),
            now: SystemClock.now(),
        };
        accounts.load_profiles(postgres)?;
        accounts.load_sessions(postgres)?;
        accounts.load_search_keys(postgres)?;
        postgres.query(database, "VACUUM (FREEZE, ANALYZE)")?;
        postgres.query(database, "CHECKPOINT")?;
        Ok(accounts)
    }

    /// Returns the same accounts, of which fewer are active.
    pub(crate) fn with_awake(&self, awake: u64) -> Self {
        Self { awake: awake.min(self.count), ..self.clone() }
    }

    /// Returns an access token of the session.
    pub(crate) fn access(&self, number: u64) -> anyhow::Result<String> {
        self.sign(&Claims::Access(AccessClaims(self.claims(number)?)))
    }

    /// Returns the session's first refresh token.
    pub(crate) fn refresh(&self, number: u64) -> anyhow::Result<String> {
        self.sign(&Claims::Refresh(RefreshClaims(self.claims(number)?)))
    }

    /// Returns the number of a random account.
    pub(crate) fn any(&self) -> u64 {
        fastrand::u64(..self.count)
    }

    fn claims(&self, number: u64) -> anyhow::Result<TokenClaims> {
        Ok(TokenClaims {
            id: refresh_id(number)?,
            profile_id: ProfileId::from_uuid(profile_id(number)),
            session: SessionId::from_uuid(session_id(number)),
            role: Role::Patient,
            is_approved: true,
            is_email_verified: false,
            scope: None,
            issued_at: self.now.trunc_subsecs(0),
            expires_at: self.now.trunc_subsecs(0) + TimeDelta::hours(20),
        })
    }

    fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        Ok(self.issuer.issue(claims)?.expose().to_owned())
    }

    fn load_profiles(&self, postgres: &Postgres) -> anyhow::Result<()> {
        // Earlier releases have neither the column nor claims.
        let has_claims = !postgres.query(&self.database, "SELECT to_regclass('identifiers')")?.is_empty();
        let (column, value) = if has_claims { ("patient_role, ", "user\t") } else { ("", "") };
        let columns = format!(
            "profiles (id, role, {column}email, carte_id, birth_date, numero_tel, address, blood_type, gender, \
                       emergency_numbers, registered_at)"
        );
        postgres.copy(&self.database, &columns, |out| self.each(|number| {
            let (id, email, now) = (profile_id(number), email(number), self.now);
            writeln!(out, "{id}\tuser\t{value}{email}\tCARTE{number}\t1990-05-15\t{}\t12, rue Didouche Mourad, Alger\tO+\tFemale\t{{0552987333}}\t{now}", telephone(number))
        }))?;
        if has_claims {
            let columns = "identifiers (system, value_key, profile_id, claimed_at)";
            postgres.copy(&self.database, columns, |out| {
                self.each(|number| {
                    let (id, email, now) = (profile_id(number), email(number), self.now);
                    writeln!(out, "email\t{email}\t{id}\t{now}\ncarte_id\tcarte{number}\t{id}\t{now}")
                })
            })?;
        }
        let columns = "patients (profile_id, first_name, last_name, married)";
        postgres.copy(&self.database, columns, |out| {
            self.each(|number| {
                let (first, last) = name(number);
                writeln!(out, "{}\t{first}\t{last}\tt", profile_id(number))
            })
        })?;
        let hash = hash()?;
        postgres.copy(&self.database, "passwords (profile_id, hash)", |out| {
            self.each(|number| writeln!(out, "{}\t{hash}", profile_id(number)))
        })
    }

    fn load_sessions(&self, postgres: &Postgres) -> anyhow::Result<()> {
        let columns =
            "sessions (id, profile_id, current_token, opened_at, used_at, expires_at, ends_at, address)";
        let opened = self.now - TimeDelta::hours(1);
        let (expires, ends) = (self.now + TimeDelta::hours(20), self.now + TimeDelta::days(29));
        postgres.copy(&self.database, columns, |out| {
            self.each(|number| {
                let (id, profile) = (session_id(number), profile_id(number));
                let token = refresh_id(number).map_err(std::io::Error::other)?;
                let token = hexadecimal(token.digest().as_bytes());
                // COPY's text format escapes a backslash.
                writeln!(
                    out,
                    "{id}\t{profile}\t\\\\x{token}\t{opened}\t{opened}\t{expires}\t{ends}\t127.0.0.1"
                )
            })
        })
    }

    /// Loads the search keys, unless the schema is older. The index is made after the rows, which takes
    /// a fraction of the time.
    fn load_search_keys(&self, postgres: &Postgres) -> anyhow::Result<()> {
        const INDEX: &str = "SELECT pg_get_indexdef(to_regclass('search_keys_terms_idx'))";
        let index = postgres.query(&self.database, INDEX)?;
        if index.is_empty() {
            return Ok(());
        }
        postgres.query(&self.database, "DROP INDEX search_keys_terms_idx")?;
        let mut names: HashMap<_, Vec<String>> = HashMap::new();
        postgres.copy(&self.database, "search_keys (profile_id, terms)", |out| {
            self.each(|number| {
                let name = name(number);
                let of_names = || SearchTerms::names(&[&name.0, &name.1]);
                let mut terms = names.entry(name.clone()).or_insert_with(of_names).clone();
                terms.push(SearchTerms::role(Role::Patient));
                terms.extend(SearchTerms::telephone(&PhoneNumber::on_record(telephone(number))));
                let id = profile_id(number);
                let terms = SearchTerms::with_sample(ProfileId::from_uuid(id), terms);
                writeln!(out, "{id}\t{{{}}}", terms.join(","))
            })
        })?;
        postgres.query(&self.database, &format!("SET maintenance_work_mem = '512MB'; {index}")).map(drop)
    }

    fn each(&self, mut row: impl FnMut(u64) -> std::io::Result<()>) -> std::io::Result<()> {
        (0..self.count).try_for_each(&mut row)
    }
}

/// Returns the profile id of an account.
pub(crate) fn profile_id(number: u64) -> Uuid {
    Uuid::from_u128(PROFILES + u128::from(number))
}

/// Returns the id of the account's session.
pub(crate) fn session_id(number: u64) -> Uuid {
    Uuid::from_u128(SESSIONS + u128::from(number))
}

/// Returns the id of that session's first refresh token.
pub(crate) fn refresh_id(number: u64) -> anyhow::Result<TokenId> {
    TokenId::parse(&format!("{number:032x}")).context("a number is no token's name")
}

/// Returns the body of the account's login.
pub(crate) fn login(number: u64) -> String {
    format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, email(number))
}

/// Signs and verifies tokens as the service does.
pub(crate) fn issuer() -> anyhow::Result<JwtIssuer> {
    let secret = Some(JWT_SECRET.as_bytes().to_vec().into());
    let sources = KeySources { secret, key_store: None, longest_token: TimeDelta::zero() };
    let keys = KeyRing::open(sources, Arc::new(SystemClock))?;
    Ok(JwtIssuer::new(ISSUER, &[], Arc::new(keys)))
}

/// Returns the hexadecimal digits of bytes.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns a telephone number. Two neighbours share one, as families do.
fn telephone(number: u64) -> String {
    format!("05{:08}", number / 2)
}

fn email(number: u64) -> String {
    format!("patient{number}@bench.example.org")
}

/// Returns one hash for all accounts. Ten thousand different hashes would take minutes, and a login
/// would cost the same.
fn hash() -> anyhow::Result<String> {
    let hasher = Argon2Hasher::new(Argon2Cost::default(), 1, Arc::new(SystemRandomness))?;
    let password = Password::parse(PASSWORD).ok().context("the bench's password is refused")?;
    Ok(hasher.hash(&password)?.expose().to_owned())
}
