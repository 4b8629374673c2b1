//! The data: created once, and put in place only when complete.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::launcher::Launcher;
use crate::layout::{Layout, UNFINISHED, creation_error, make_folder};
use crate::roles::{self, Names, SUPERUSER};
use crate::{EmbeddedPostgresError, Result, Settings};

/// Name of the map from system users to roles, in the access rules.
const MAP: &str = "embedded";

/// Does all that must be done before the server starts. The caller holds `owner.lock`.
pub(crate) fn prepare(
    settings: &Settings,
    layout: &Layout,
    names: &Names,
    launcher: &Launcher,
    binaries: &Binaries,
) -> Result<()> {
    remove_unfinished(layout)?;
    if layout.cluster_version()?.is_none() {
        create(settings, layout, names, launcher, binaries)?;
    }
    layout.make_run(&launcher.account)?;
    forget_dead_server(layout);
    roles::convert(layout, names, launcher, binaries)?;
    write_access_rules(layout, names, &launcher.account)
}

/// Removes what a killed process left. No other process works on it, because that one would hold
/// `owner.lock`.
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

fn create(
    settings: &Settings,
    layout: &Layout,
    names: &Names,
    launcher: &Launcher,
    binaries: &Binaries,
) -> Result<()> {
    (settings.before_create)(&layout.cluster());
    // The work is running until the folder is in place or removed.
    let _running = launcher.interrupt.when_triggered(|| ());
    let folder = unfinished_folder(layout, &launcher.account)?;
    init(layout, launcher, binaries, folder.path())?;

    require_success(layout, roles::create(names, launcher, binaries, folder.path())?)?;
    if settings.durable {
        let mut sync = launcher.command(&binaries.initdb);
        run_step(layout, launcher, sync.arg("--sync-only").arg("-D").arg(folder.path()))?;
    }
    put_in_place(layout, folder)
}

fn unfinished_folder(layout: &Layout, account: &Account) -> Result<TempDir> {
    let failed = |error| EmbeddedPostgresError::file("write in", &layout.home)(error);
    let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&layout.home).map_err(failed)?;
    make_folder(folder.path(), 0o700, account.owner_of_new_files()).map_err(failed)?;
    Ok(folder)
}

/// Runs `initdb`. The access rules that it writes let in only a system user with the superuser's
/// name, in case somebody starts the server by hand. A start by this crate replaces them.
fn init(layout: &Layout, launcher: &Launcher, binaries: &Binaries, folder: &Path) -> Result<()> {
    let run = |locale: &str| {
        let mut initdb = launcher.command(&binaries.initdb);
        initdb.args(["--username", SUPERUSER, "--encoding=UTF8", "--locale", locale, "--data-checksums"]);
        initdb.args(["--auth-local=peer", "--auth-host=reject", "--no-instructions", "--no-sync", "-D"]);
        run_step(layout, launcher, initdb.arg(folder))
    };
    match run("C.UTF-8") {
        // Some systems lack it. C sorts in the same order, but has no letters beyond ASCII.
        Err(EmbeddedPostgresError::NotCreated { message, .. }) if message.contains("invalid locale") => {
            run("C")
        }
        other => other,
    }
}

/// Runs one step of the creation to its end.
fn run_step(layout: &Layout, launcher: &Launcher, command: &mut Command) -> Result<()> {
    require_success(layout, roles::run(launcher, command, "")?)
}

fn require_success(layout: &Layout, error_message: Option<String>) -> Result<()> {
    match error_message {
        None => Ok(()),
        Some(message) => Err(EmbeddedPostgresError::NotCreated { cluster: layout.cluster(), message }),
    }
}

fn put_in_place(layout: &Layout, folder: TempDir) -> Result<()> {
    let cluster = layout.cluster();
    fs::rename(folder.path(), &cluster).map_err(creation_error(&cluster))?;
    // It was moved, so there is nothing to remove.
    let _ = folder.keep();
    File::open(&layout.home)
        .and_then(|home| home.sync_all())
        .map_err(EmbeddedPostgresError::file("sync", &layout.home))
}

/// Removes the files of a server that has ended.
///
/// Postgres does so too, except if the server's process id now belongs to another process, as in
/// containers at each start, or to a zombie. The caller holds `owner.lock`, so only a server that
/// somebody started by hand can be running.
pub(crate) fn forget_dead_server(layout: &Layout) {
    let pid_file = layout.cluster().join("postmaster.pid");
    let pid_text = fs::read_to_string(&pid_file).unwrap_or_default();
    if is_postgres(pid_text.lines().next().unwrap_or_default()) {
        return;
    }
    let socket = layout.socket();
    for path in [pid_file, socket.with_added_extension("lock"), socket] {
        // The server reports a file that could not be removed.
        let _ = fs::remove_file(path);
    }
}

/// Returns whether this process runs a server. The command line can be read without the capability
/// to trace other users' processes; that of a zombie is empty.
fn is_postgres(pid: &str) -> bool {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = command.split(|byte| *byte == 0).next().map(OsStr::from_bytes).map(Path::new);
    let name = program.and_then(Path::file_name);
    !pid.is_empty() && name.is_some_and(|name| name.as_bytes().starts_with(b"postgres"))
}

/// Writes the rules that let in only root and the user who runs the server, over the socket, as
/// each of the roles. Each start writes them, because that user may have changed.
fn write_access_rules(layout: &Layout, names: &Names, account: &Account) -> Result<()> {
    let note = "# Written at each start; changes are lost.\n";
    let roles = names.roles().map(quoted);
    let (all, superuser) = (roles.join(","), quoted(SUPERUSER));
    let access =
        format!("{note}local all {all} peer map={MAP}\nlocal replication {superuser} peer map={MAP}\n");
    let users = [quoted(&account.name), quoted(&Account::name_of(0))];
    let lines = roles.iter().flat_map(|role| users.iter().map(move |user| format!("{MAP} {user} {role}\n")));
    write_rules(layout, "pg_hba.conf", &access)?;
    write_rules(layout, "pg_ident.conf", &format!("{note}{}", lines.collect::<String>()))
}

/// Quotes a name, so that it is no keyword of the access rules.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn write_rules(layout: &Layout, name: &str, text: &str) -> Result<()> {
    let path = layout.home.join(name);
    let failed = |error| EmbeddedPostgresError::file("write", &path)(error);
    let mut file = layout.new_file().map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    // The user who runs the server must be able to read it. It contains no secret.
    file.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}
