use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Measure;
use crate::conversations::{Prepared, get, member, post};
use crate::fixture::{CONNECTIONS, Fixture, logins, readers};
use crate::load::{self, Conversation, Crowd};
use crate::machine::most_while;
use crate::process::Process;
use crate::report::{Reach, Row};
use crate::stats::{Figures, Spread};

/// Maximum time for the installation of packages and the start.
const START_TIMEOUT: Duration = Duration::from_mins(5);
/// Exit status of a peer's script if this machine cannot run the peer (`EX_UNAVAILABLE`).
const UNAVAILABLE: i32 = 69;

/// An alternative to Sihha, with the same cost of a hash, measured in turn with the service.
pub(super) struct Peer {
    name: &'static str,
    /// `None` if this machine cannot run it.
    server: Option<PeerServer>,
    /// A new instance, because the peer is new as well: a process keeps memory of its earlier work.
    own: Process,
    logins: Crowd,
    readers: Crowd,
    own_logins: Crowd,
    own_readers: Crowd,
}

impl Peer {
    pub(super) fn django(fixture: &Fixture) -> anyhow::Result<Self> {
        let accounts = &fixture.accounts;
        let mut peer = Self {
            name: "django",
            server: PeerServer::start(fixture, "django")?,
            own: fixture.another()?,
            logins: Crowd::new([]),
            readers: Crowd::new([]),
            own_logins: logins(accounts, CONNECTIONS, &[200])?,
            own_readers: readers(accounts, CONNECTIONS)?,
        };
        if let Some(server) = &peer.server {
            let login =
                post("/api/patient/login", r#"{"email":"bench@example.org","password":"bench-password-1"}"#);
            let answer = load::once(server.address, &mut Prepared::new(vec![login.clone()], &[200]))?;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let token = member(&answer, "access").context("the peer's login answers no access token")?;
            peer.logins = same(&login);
            peer.readers = same(&get("/api/me", token));
        }
        Ok(peer)
    }
}

impl Measure for Peer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn heading(&self) -> &'static str {
        "Against what a user would pick instead"
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        let Some(server) = &self.server else { return Ok(Figures::new()) };
        let (ours, theirs, span) = (self.own.address, server.address, fixture.span);
        let (logins, most) = most_while(server.child.id(), || self.logins.closed(theirs, span))?;
        let (own_logins, own_most) = most_while(self.own.id(), || self.own_logins.closed(ours, span))?;
        Ok([
            ("peer's logins/s", logins.rate(200)),
            ("own logins/s", own_logins.rate(200)),
            ("peer's MiB", most),
            ("own MiB", own_most),
            ("peer's reads/s", self.readers.closed(theirs, span)?.rate(200)),
            ("own reads/s", self.own_readers.closed(ours, span)?.rate(200)),
        ]
        .into())
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let row = |title: &str, unit, own, theirs, reach| Row {
            title: format!("{title}, against {}", self.name),
            unit,
            measured: Spread::named(rounds, own),
            beside: Spread::named(rounds, theirs),
            beside_is: self.name,
            judged: Spread::ratio(rounds, own, theirs),
            reach,
        };
        vec![
            row("GET /api/me", "/s", "own reads/s", "peer's reads/s", Reach::AtLeast(20.0)),
            row("login", "/s", "own logins/s", "peer's logins/s", Reach::AtLeast(1.3)),
            row("memory while all log in (PSS)", "MiB", "own MiB", "peer's MiB", Reach::AtMost(0.25)),
        ]
    }
}

/// Returns connections that all send the same request.
fn same(request: &[u8]) -> Crowd {
    Crowd::new(
        (0..CONNECTIONS)
            .map(|_| -> Box<dyn Conversation> { Box::new(Prepared::new(vec![request.to_vec()], &[200])) }),
    )
}

/// The peer's processes. Dropping the value stops them.
struct PeerServer {
    child: Child,
    address: SocketAddr,
}

impl PeerServer {
    /// Starts `bench/peers/<name>/run` and waits until it responds. Prints a note and returns
    /// `None` if it cannot run.
    fn start(fixture: &Fixture, name: &str) -> anyhow::Result<Option<Self>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name).join("run");
        if !script.is_file() {
            crate::report::note(&format!("{name} is left out: there is no {}", script.display()))?;
            return Ok(None);
        }
        fixture.postgres.create(name)?;
        // The peer does not need the parameters that only libpq understands.
        let url = fixture.postgres.url(name);
        let url = url.split_once('?').map_or(url.as_str(), |(url, _)| url);
        let address = free_address()?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(&script)
            .arg(folder(name)?)
            .arg(url)
            .arg(address.port().to_string())
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", script.display()))?;
        let mut server = Self { child, address };
        Ok(server.is_ready(name)?.then_some(server))
    }

    /// Waits until the peer responds. Prints a note and returns `false` if the peer cannot run
    /// here.
    fn is_ready(&mut self, name: &str) -> anyhow::Result<bool> {
        let deadline = Instant::now() + START_TIMEOUT;
        let mut live = Prepared::new(vec![get("/health/live", "none")], &[200]);
        loop {
            if let Some(status) = self.child.try_wait()? {
                if status.code() == Some(UNAVAILABLE) {
                    crate::report::note(&format!("{name} is left out: it says why above"))?;
                    return Ok(false);
                }
                bail!("{name} ended with {status}; what it wrote above says why");
            }
            if TcpStream::connect(self.address).is_ok() {
                load::once(self.address, &mut live).with_context(|| format!("{name} is not well"))?;
                return Ok(true);
            }
            if Instant::now() >= deadline {
                bail!(
                    "{name} did not listen within {} seconds; its logs are in its folder",
                    START_TIMEOUT.as_secs()
                );
            }
            #[expect(clippy::disallowed_methods, reason = "a script of others has no event to wait for")]
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for PeerServer {
    fn drop(&mut self) {
        // The master process ends the workers.
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// Returns the folder in which the peer keeps its packages between runs: next to this program, in
/// the build folder.
fn folder(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("a program lies in a folder")?.join("bench-peers").join(name))
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
