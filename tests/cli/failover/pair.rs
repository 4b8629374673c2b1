//! A primary and its standby.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};

use crate::process::{Sihha, eventually};

/// A Postgres that listens on a socket in its own folder.
pub(super) struct Server<'a> {
    place: &'a Sihha,
    folder: PathBuf,
}

/// Two servers, one of which follows the other. Both are stopped and removed when dropped.
pub(super) struct Pair {
    place: Sihha,
}

impl Pair {
    /// Starts both. The first has the migrated database `sihha`.
    pub(super) fn start() -> Self {
        let mut place = Sihha::bare();
        // Postgres does not run as root.
        if geteuid().is_root() {
            let user = User::from_name("postgres").unwrap().expect("Postgres's user");
            chown(place.path(), Some(user.uid), Some(user.gid)).unwrap();
            place.user = Some(user.uid.as_raw());
        }
        let pair = Self { place };
        let (first, second) = (pair.first(), pair.second());
        first.make_folder();
        first.run("initdb", &["--auth=trust", "--username=sihha", "--encoding=UTF8", "--no-sync", "-D"]);
        first.start_up();
        first.connection("postgres").batch_execute("CREATE DATABASE sihha").unwrap();
        Sihha::bare().with("DATABASE_URL", first.url()).run(["migrate"]).succeeded();
        let socket = first.folder.to_str().unwrap();
        second.make_folder();
        second.run("pg_basebackup", &["-h", socket, "-U", "sihha", "--no-sync", "-c", "fast", "-R", "-D"]);
        second.start_up();
        pair
    }

    pub(super) fn first(&self) -> Server<'_> {
        Server { place: &self.place, folder: self.place.path().join("first") }
    }

    pub(super) fn second(&self) -> Server<'_> {
        Server { place: &self.place, folder: self.place.path().join("second") }
    }

    /// Returns a connection string with both hosts, which a service tries in order.
    pub(super) fn hosts(&self) -> String {
        let [first, second] = [self.first(), self.second()].map(|one| one.folder.display().to_string());
        format!("host={first},{second} user=sihha dbname=sihha")
    }
}

impl Server<'_> {
    pub(super) fn url(&self) -> String {
        self.url_of("sihha")
    }

    fn url_of(&self, name: &str) -> String {
        format!("host={} user=sihha dbname={name}", self.folder.display())
    }

    fn make_folder(&self) {
        assert!(self.command("mkdir").arg(&self.folder).status().unwrap().success());
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns its socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    fn command(&self, program: &str) -> Command {
        // Debian installs them outside of PATH, in one folder per version.
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
        folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let mut command = self.place.command_of(program);
        command.env("PATH", std::env::join_paths(folders).unwrap()).stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).arg(self.data()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(super) fn start_up(&self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        for setting in [
            "listen_addresses=",
            "max_connections=40",
            "shared_buffers=16MB",
            "fsync=off",
            // In its folder, which is always removed.
            "dynamic_shared_memory_type=mmap",
        ] {
            command.args(["-c", setting]);
        }
        let log = OpenOptions::new().create(true).append(true).open(self.place.path().join("log")).unwrap();
        let mut child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        std::thread::spawn(move || child.wait());
        eventually("a server that answers", || PgConnection::establish(&self.url_of("postgres")).ok());
    }

    pub(super) fn connection(&self, name: &str) -> PgConnection {
        PgConnection::establish(&self.url_of(name)).unwrap()
    }

    /// Returns the column `n` of a query.
    pub(super) fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        diesel::sql_query(sql).get_result::<Row>(&mut self.connection("sihha")).unwrap().n
    }

    /// Changes a setting.
    pub(super) fn set(&self, setting: &str) {
        let mut pg = self.connection("postgres");
        pg.batch_execute(&format!("ALTER SYSTEM SET {setting}")).unwrap();
        pg.batch_execute("SELECT pg_reload_conf()").unwrap();
    }

    fn postmaster(&self) -> Pid {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        Pid::from_raw(text.lines().next().unwrap().parse().unwrap())
    }

    /// Stops it. SIGQUIT is like a crash.
    pub(super) fn stop(&self, signal: Signal) {
        let file = self.data().join("postmaster.pid");
        kill(self.postmaster(), signal).unwrap();
        eventually("its exit", || (!file.exists()).then_some(()));
    }

    /// Makes it the primary.
    pub(super) fn promote(&self) {
        self.connection("postgres").batch_execute("SELECT pg_promote()").unwrap();
    }

    /// Starts it, after it was stopped, as a standby of `primary`.
    pub(super) fn follow(&self, primary: &Server<'_>) {
        fs::write(self.data().join("standby.signal"), "").unwrap();
        let settings = self.data().join("postgresql.auto.conf");
        let mut settings = OpenOptions::new().append(true).open(settings).unwrap();
        let host = primary.folder.display();
        writeln!(settings, "primary_conninfo = 'host={host} user=sihha'").unwrap();
        self.start_up();
    }

    /// Pauses all its processes.
    pub(super) fn freeze(&self) -> Frozen {
        let postmaster = self.postmaster();
        let mut frozen = Frozen::default();
        // First the process that starts the others.
        frozen.add(postmaster);
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        children.split_whitespace().for_each(|child| frozen.add(Pid::from_raw(child.parse().unwrap())));
        frozen
    }

    /// Pauses the process that receives from the primary.
    pub(super) fn stop_receiving(&self) -> Frozen {
        let pid = self.number("SELECT pid::bigint AS n FROM pg_stat_wal_receiver");
        let mut frozen = Frozen::default();
        frozen.add(Pid::from_raw(i32::try_from(pid).unwrap()));
        frozen
    }
}

/// Paused processes. They continue when it is dropped.
#[derive(Default)]
pub(super) struct Frozen(Vec<Pid>);

impl Frozen {
    fn add(&mut self, pid: Pid) {
        // A process that has just exited needs no signal.
        let _ = kill(pid, Signal::SIGSTOP);
        self.0.push(pid);
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in self.0.iter().rev() {
            let _ = kill(*pid, Signal::SIGCONT);
        }
    }
}
