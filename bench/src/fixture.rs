//! The fixture of all measures.

use std::path::PathBuf;

use crate::accounts::{Accounts, login};
use crate::conversations::{Prepared, Refresh, get, post};
use crate::load::{self, Conversation, Crowd, Span};
use crate::postgres::Postgres;
use crate::process::{Place, Process, migrate};
use crate::reference;
use crate::scheduling::Arrangement;
use crate::statements::{self, Statements};
use crate::stats::Figures;

/// Default number of connections of a load.
pub(crate) const CONNECTIONS: u64 = 64;

/// Maximum number of different requests that a connection prepares.
const MOST_REQUESTS: u64 = 2000;

/// The database, the service and the reference.
pub(crate) struct Fixture {
    /// The path of the service's binary.
    pub(crate) binary: PathBuf,
    /// The durations of each load.
    pub(crate) span: Span,
    /// The service that most measures load.
    pub(crate) service: Process,
    /// actix-web without a database.
    pub(crate) reference: Process,
    /// Returns the statement of `GET /api/me`.
    pub(crate) me: Statements,
    /// Returns the statement of `POST /api/token/refresh`.
    pub(crate) refresh: Statements,
    /// The accounts.
    pub(crate) accounts: Accounts,
    // Dropped after the processes, so that it ends after them.
    /// The server.
    pub(crate) postgres: Postgres,
}

impl Fixture {
    /// Starts everything, with `accounts` accounts.
    pub(crate) fn start(binary: PathBuf, span: Span, accounts: u64) -> anyhow::Result<Self> {
        let postgres = Postgres::start()?;
        let accounts = new_database(&postgres, &binary, "bench", accounts)?;
        let (me, refresh) = (statements::me()?, statements::refresh()?);
        let service = Process::service(&binary, &Place::Url(postgres.url(&accounts.database)))?;
        let mut read = Prepared::new(vec![get("/api/me", &accounts.access(0)?)], &[200]);
        let answer = load::once(service.address, &mut read)?;
        let reference = reference::start(postgres.folder(), &answer)?;
        Ok(Self { binary, span, service, reference, me, refresh, accounts, postgres })
    }

    /// Starts another instance of the service on the same database.
    pub(crate) fn another(&self) -> anyhow::Result<Process> {
        Process::service(&self.binary, &Place::Url(self.postgres.url(&self.accounts.database)))
    }

    /// Measures another instance in an arrangement of the processes, and stops it. Returns no
    /// figures if this arrangement is impossible.
    pub(crate) fn with_another(
        &self,
        arrangement: Arrangement,
        measure: impl FnOnce(&Process) -> anyhow::Result<Figures>,
    ) -> anyhow::Result<Figures> {
        let service = self.another()?;
        let figures = arrangement.during(&self.postgres, service.id(), || measure(&service))?;
        service.stop()?;
        Ok(figures.unwrap_or_default())
    }
}

/// Creates a database with the schema and loads accounts.
pub(crate) fn new_database(
    postgres: &Postgres,
    binary: &std::path::Path,
    name: &str,
    accounts: u64,
) -> anyhow::Result<Accounts> {
    postgres.create(name)?;
    migrate(binary, &Place::Url(postgres.url(name)), &[])?;
    Accounts::load(postgres, name, accounts)
}

/// Returns connections that read random accounts.
pub(crate) fn readers(accounts: &Accounts, connections: u64) -> anyhow::Result<Crowd> {
    crowd(connections, |_| {
        let request = |_| Ok(get("/api/me", &accounts.access(accounts.any())?));
        prepared((0..requests(accounts, connections)).map(request), &[200])
    })
}

/// Returns connections that log in to random accounts. Each response must have one of the
/// `expected` statuses.
pub(crate) fn logins(
    accounts: &Accounts,
    connections: u64,
    expected: &'static [u16],
) -> anyhow::Result<Crowd> {
    crowd(connections, |_| {
        let request = |_| Ok(post("/api/user/login", &login(accounts.any())));
        prepared((0..requests(accounts, connections)).map(request), expected)
    })
}

/// Returns connections that let tokens be verified.
pub(crate) fn verifiers(accounts: &Accounts, connections: u64) -> anyhow::Result<Crowd> {
    crowd(connections, |_| {
        let request = |_| {
            let token = accounts.access(accounts.any())?;
            Ok(post("/api/token/verify", &format!(r#"{{"token":"{token}"}}"#)))
        };
        prepared((0..requests(accounts, connections)).map(request), &[200])
    })
}

/// Returns connections that refresh different sessions, because no two may use one token. They are
/// spread over half of the accounts, from `first` on. One half can be used for only one crowd.
pub(crate) fn refreshers(accounts: &Accounts, connections: u64, first: u64) -> anyhow::Result<Crowd> {
    let each = (accounts.awake / 2 / connections).clamp(1, MOST_REQUESTS);
    let apart = accounts.count / 2 / (each * connections);
    crowd(connections, |connection| {
        let token = |session| accounts.refresh(first + (session * connections + connection) * apart);
        Ok(Box::new(Refresh::new((0..each).map(token).collect::<anyhow::Result<_>>()?)))
    })
}

/// Returns the number of different requests for each connection: one for each active account, up to
/// a maximum.
fn requests(accounts: &Accounts, connections: u64) -> u64 {
    (accounts.awake / connections).clamp(1, MOST_REQUESTS)
}

fn prepared(
    requests: impl Iterator<Item = anyhow::Result<Vec<u8>>>,
    expected: &'static [u16],
) -> anyhow::Result<Box<dyn Conversation>> {
    Ok(Box::new(Prepared::new(requests.collect::<anyhow::Result<_>>()?, expected)))
}

fn crowd(
    connections: u64,
    conversation: impl FnMut(u64) -> anyhow::Result<Box<dyn Conversation>>,
) -> anyhow::Result<Crowd> {
    Ok(Crowd::new((0..connections).map(conversation).collect::<anyhow::Result<Vec<_>>>()?))
}
