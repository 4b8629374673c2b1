//! The processes under load: the service and the reference.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_infra::argon2::Argon2Cost;

use crate::accounts::JWT_SECRET;
use crate::conversations::{Prepared, get};
use crate::load;

/// A server in another process. Dropping the value kills it.
pub(crate) struct Process {
    child: Child,
    /// The address of the server.
    pub(crate) address: SocketAddr,
    /// The time from the start to the first response that the server is ready.
    pub(crate) ready_after: Duration,
}

impl Process {
    /// Starts the service. `place` is where its accounts are stored.
    pub(crate) fn service(binary: &Path, place: &Place) -> anyhow::Result<Self> {
        let mut command = service_command(binary, place);
        command.arg("serve");
        // The log is discarded, but it is written. If the start fails, a second start shows the
        // error.
        let mut process = match Self::start(command.stderr(Stdio::null())) {
            Ok(process) => process,
            Err(error) => return Err(Self::start(command.stderr(Stdio::inherit())).err().unwrap_or(error)),
        };
        let started = process.ready_after;
        let asked = Instant::now();
        load::once(process.address, &mut Prepared::new(vec![get("/health/ready", "none")], &[200]))?;
        process.ready_after = started + asked.elapsed();
        Ok(process)
    }

    /// Starts a program whose first line of output has its address, `http://…`.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let from = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("a program without standard output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let ready_after = from.elapsed();
        let Some(address) = address(&line) else {
            let _ = child.kill();
            let status = child.wait()?;
            bail!("{program} did not get ready ({status}); what it wrote above says why");
        };
        Ok(Self { child, address, ready_after })
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the stop signal and waits until the process has ended.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("the service stopped with {status}") }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // This fails only if the process has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a service stores its accounts.
pub(crate) enum Place {
    /// In the database with this URL.
    Url(String),
    /// In a private Postgres in this folder.
    Folder(std::path::PathBuf),
}

/// Migrates the database with the service's command and these options.
pub(crate) fn migrate(binary: &Path, place: &Place, options: &[&str]) -> anyhow::Result<()> {
    let status = service_command(binary, place)
        .arg("migrate")
        .args(options)
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", binary.display()))?;
    if status.success() { Ok(()) } else { bail!("sihha migrate ended with {status}") }
}

/// Limits of requests per network: all load comes from one address.
const LIMITS: [&str; 4] =
    ["SIHHA_REGISTER_LIMIT", "SIHHA_LOGIN_LIMIT", "SIHHA_MAIL_LIMIT", "SIHHA_REFRESH_LIMIT"];

/// Returns the service's command with default settings, except for its address and storage, and for
/// limits per network, which count but refuse nothing.
fn service_command(binary: &Path, place: &Place) -> Command {
    let cost = Argon2Cost::default();
    let mut command = until_we_end(binary);
    command
        .env_remove("DATABASE_URL")
        .env("SIHHA_LISTEN", "127.0.0.1:0")
        .env("SIHHA_ARGON2_MEMORY_KIB", cost.memory_kib.to_string())
        .env("SIHHA_ARGON2_PASSES", cost.passes.to_string())
        .env("SIHHA_ARGON2_LANES", cost.lanes.to_string())
        .env("SIHHA_JWT_SECRET", JWT_SECRET)
        .envs(LIMITS.map(|name| (name, "1000000")));
    match place {
        Place::Url(url) => command.env("DATABASE_URL", url),
        Place::Folder(folder) => command.env("SIHHA_DATA_DIR", folder),
    };
    command
}

/// Returns a command whose process the kernel ends with the thread that starts it, even if that is
/// killed.
pub(crate) fn until_we_end(program: impl AsRef<OsStr>) -> Command {
    // A separate session, as for a process that a person or systemd starts.
    let mut command = Command::new("setsid");
    command.args(["setpriv", "--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split(|c: char| c == '/' || c.is_whitespace()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_line_of_readiness() {
        let line =
            "sihha is ready: API http://127.0.0.1:8000/api, documentation http://127.0.0.1:8000/docs/\n";
        assert_eq!(address(line), "127.0.0.1:8000".parse().ok());
        assert_eq!(address(""), None);
    }
}
