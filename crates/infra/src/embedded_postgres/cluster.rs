//! The data: made once, and put in place only when complete.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::account::Account;
use super::binaries::Binaries;
use super::launcher::Launcher;
use super::layout::{Layout, UNFINISHED, make_folder, not_made};
use super::roles::{self, Role};
use super::{EmbeddedPostgresError, Result};

/// Names the map of system users to roles.
const MAP: &str = "sihha";

/// The major version that made the cluster; `None` before the first start.
pub(super) fn version(layout: &Layout) -> Result<Option<String>> {
    let path = layout.cluster().join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(version) => Ok(Some(version.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedPostgresError::file("read", &path)(error)),
    }
}

/// Everything that must be right before the server starts. The caller holds `owner.lock`.
pub(super) fn prepare(
    layout: &Layout,
    launcher: &Launcher,
    binaries: &Binaries,
    durable: bool,
) -> Result<()> {
    remove_unfinished(layout)?;
    if version(layout)?.is_none() {
        create(layout, launcher, binaries, durable)?;
    }
    layout.make_run(&launcher.account)?;
    forget_dead_server(layout);
    roles::convert(layout, launcher, binaries)?;
    write_access_rules(layout, &launcher.account)
}

/// What a kill in the middle left. Nobody is at work on it: `owner.lock` would be held.
fn remove_unfinished(layout: &Layout) -> Result<()> {
    let read = |error| EmbeddedPostgresError::file("read", &layout.home)(error);
    for entry in fs::read_dir(&layout.home).map_err(read)? {
        let entry = entry.map_err(read)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let path = entry.path();
            let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let removed = if folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(EmbeddedPostgresError::file("remove", &path))?;
        }
    }
    Ok(())
}

fn create(layout: &Layout, launcher: &Launcher, binaries: &Binaries, durable: bool) -> Result<()> {
    announce(layout, launcher);
    // Until the folder is in place or removed.
    let _running = launcher.interrupt.when_triggered(|| ());
    let folder = unfinished_folder(layout, &launcher.account)?;
    init(layout, launcher, binaries, folder.path())?;

    succeeded(layout, roles::create(launcher, binaries, folder.path())?)?;
    if durable {
        let mut sync = launcher.command(&binaries.initdb);
        finish(layout, launcher, sync.arg("--sync-only").arg("-D").arg(folder.path()))?;
    }
    put_in_place(layout, folder)
}

/// Where nobody types, a new database may be the trace of a `DATABASE_URL` or a data directory that was lost.
fn announce(layout: &Layout, launcher: &Launcher) {
    let (cluster, user) = (layout.cluster(), &launcher.account.name);
    if io::stdin().is_terminal() {
        tracing::info!(cluster = %cluster.display(), user, "creating the database");
    } else {
        tracing::warn!(
            cluster = %cluster.display(),
            user,
            "creating the database: DATABASE_URL is not set, and there is none in the data directory yet"
        );
    }
}

fn unfinished_folder(layout: &Layout, account: &Account) -> Result<TempDir> {
    let failed = |error| EmbeddedPostgresError::file("write in", &layout.home)(error);
    let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&layout.home).map_err(failed)?;
    make_folder(folder.path(), 0o700, account.owner_of_new_files()).map_err(failed)?;
    Ok(folder)
}

/// Runs `initdb`. Its own access rules let in nobody but a system user of the role's name, in case somebody starts
/// the server by hand; ours replace them.
fn init(layout: &Layout, launcher: &Launcher, binaries: &Binaries, folder: &Path) -> Result<()> {
    let run = |locale: &str| {
        let mut initdb = launcher.command(&binaries.initdb);
        initdb.args([
            "--username",
            Role::Superuser.name(),
            "--encoding=UTF8",
            "--locale",
            locale,
            "--data-checksums",
        ]);
        initdb.args(["--auth-local=peer", "--auth-host=reject", "--no-instructions", "--no-sync", "-D"]);
        finish(layout, launcher, initdb.arg(folder))
    };
    match run("C.UTF-8") {
        // Only some systems have it; C sorts alike, but knows no letters beyond ASCII.
        Err(EmbeddedPostgresError::NotCreated { message, .. }) if message.contains("invalid locale") => {
            run("C")
        }
        other => other,
    }
}

/// Runs one step of the making to its end.
fn finish(layout: &Layout, launcher: &Launcher, command: &mut Command) -> Result<()> {
    succeeded(layout, roles::run(launcher, command, "")?)
}

fn succeeded(layout: &Layout, complaint: Option<String>) -> Result<()> {
    match complaint {
        None => Ok(()),
        Some(message) => Err(EmbeddedPostgresError::NotCreated { cluster: layout.cluster(), message }),
    }
}

fn put_in_place(layout: &Layout, folder: TempDir) -> Result<()> {
    let cluster = layout.cluster();
    fs::rename(folder.path(), &cluster).map_err(not_made(&cluster))?;
    // Moved away, so there is nothing to remove.
    let _ = folder.keep();
    File::open(&layout.home)
        .and_then(|home| home.sync_all())
        .map_err(EmbeddedPostgresError::file("sync", &layout.home))
}

/// Removes the traces of a server that is gone. Postgres does so itself, except when the number of the dead one is
/// another process's by now, as happens in containers at each start, or is a zombie's still. We know better: the
/// caller holds `owner.lock`, so at most a server that somebody started by hand can be alive.
pub(super) fn forget_dead_server(layout: &Layout) {
    let pid_file = layout.cluster().join("postmaster.pid");
    let pid_text = fs::read_to_string(&pid_file).unwrap_or_default();
    if is_postgres(pid_text.lines().next().unwrap_or_default()) {
        return;
    }
    let socket = layout.socket();
    for path in [pid_file, socket.with_added_extension("lock"), socket] {
        // Whatever stays, the server complains about.
        let _ = fs::remove_file(path);
    }
}

/// Whether this process runs a server. A dead one that its parent has not taken note of yet has no program.
fn is_postgres(pid: &str) -> bool {
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    !pid.is_empty() && program.file_name().is_some_and(|name| name.as_bytes().starts_with(b"postgres"))
}

/// Lets in exactly the server's user and root, over the socket, as each of the roles. Written at each start, so that it
/// holds for whoever runs the server now.
fn write_access_rules(layout: &Layout, account: &Account) -> Result<()> {
    let note = "# Written by sihha at each start.\n";
    let (names, superuser) = (Role::ALL.map(Role::name).join(","), Role::Superuser.name());
    let rules =
        format!("{note}local all {names} peer map={MAP}\nlocal replication {superuser} peer map={MAP}\n");
    let (user, root) = (&account.name, Account::name_of(0));
    let line = |user: &str, role: Role| format!("{MAP} \"{user}\" {}\n", role.name());
    let lines = Role::ALL.map(|role| line(user, role) + &line(&root, role));
    write_rules(layout, "pg_hba.conf", &rules)?;
    write_rules(layout, "pg_ident.conf", &format!("{note}{}", lines.concat()))
}

fn write_rules(layout: &Layout, name: &str, text: &str) -> Result<()> {
    let path = layout.home.join(name);
    let failed = |error| EmbeddedPostgresError::file("write", &path)(error);
    let mut file = layout.new_file().map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    // The server's user must be able to read it, and nothing in it is secret.
    file.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}
