use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::layout::Layout;
use super::{EmbeddedPostgres, EmbeddedPostgresError, Settings, locks, log_file};

/// A folder that the server's user can enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

fn settings(data_dir: &Path) -> Settings {
    Settings { data_dir: data_dir.to_owned(), bin_dir: None, max_connections: 10, durable: false }
}

fn run(postgres: &EmbeddedPostgres, sql: &str) {
    PgConnection::establish(&postgres.owner_url()).unwrap().batch_execute(sql).unwrap();
}

fn pid_of_server(data_dir: &Path) -> i32 {
    let text = fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let came = locks::poll(Duration::from_secs(20), || Ok(is_there().then_some(()))).unwrap();
    assert!(came.is_some(), "{what} did not come");
}

#[test]
fn data_survive_a_restart_in_a_folder_of_any_name() {
    let folder = folder();
    let data_dir = folder.path().join("it's \"100%41\" é");
    let postgres = EmbeddedPostgres::serve(&settings(&data_dir)).unwrap();
    run(&postgres, "CREATE TABLE kept (name text); INSERT INTO kept VALUES ('أمين')");
    postgres.stop().unwrap();

    let leftover = data_dir.join("postgres/unfinished-1");
    fs::create_dir(&leftover).unwrap();
    fs::write(leftover.join("PG_VERSION"), "1").unwrap();

    let postgres = EmbeddedPostgres::attach_or_start(&settings(&data_dir)).unwrap();
    let mut connection = PgConnection::establish(&postgres.owner_url()).unwrap();
    assert_eq!(sql_query("UPDATE kept SET name = name || '!'").execute(&mut connection), Ok(1));
    assert!(!leftover.exists());
}

#[test]
fn one_serves_and_others_attach() {
    let folder = folder();
    let settings = settings(folder.path());
    let postgres = EmbeddedPostgres::serve(&settings).unwrap();

    let second = EmbeddedPostgres::serve(&settings).unwrap_err();
    assert!(matches!(second, EmbeddedPostgresError::AlreadyServing { .. }));
    assert!(second.to_string().contains(&format!("process {}", std::process::id())));

    let command = EmbeddedPostgres::attach_or_start(&settings).unwrap();
    run(&command, "SELECT 1");
    command.stop().unwrap();
    run(&postgres, "SELECT 1");
}

#[test]
fn the_server_is_not_roots_and_leaves_nothing_behind() {
    let folder = folder();
    let postgres = EmbeddedPostgres::serve(&settings(folder.path())).unwrap();
    let process = format!("/proc/{}", pid_of_server(folder.path()));
    let run = folder.path().join("postgres/run");

    assert_ne!(fs::metadata(&process).unwrap().uid(), 0);
    assert_eq!(fs::metadata(&run).unwrap().mode() & 0o777, 0o700);

    postgres.stop().unwrap();
    assert!(!Path::new(&process).exists());
    assert_eq!(fs::read_dir(&run).unwrap().count(), 0);
}

#[test]
fn a_killed_server_comes_back() {
    let folder = folder();
    let postgres = EmbeddedPostgres::serve(&settings(folder.path())).unwrap();
    let killed = pid_of_server(folder.path());
    kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();

    wait_for("the server", || PgConnection::establish(&postgres.owner_url()).is_ok());
    assert_ne!(pid_of_server(folder.path()), killed);
}

#[test]
fn first_starts_at_once_share_one_server_until_the_last_is_done() {
    let folder = folder();
    let settings = settings(folder.path());
    let work = |milliseconds| {
        let postgres = EmbeddedPostgres::attach_or_start(&settings).unwrap();
        let end = Instant::now() + Duration::from_millis(milliseconds);
        wait_for("the end of the work", || {
            run(&postgres, "SELECT 1");
            Instant::now() > end
        });
        postgres.stop().unwrap();
    };
    thread::scope(|scope| {
        for milliseconds in [0, 200, 400] {
            scope.spawn(move || work(milliseconds));
        }
    });
}

#[test]
fn a_path_too_long_for_a_socket_is_told() {
    let folder = folder();
    let data_dir = folder.path().join("a".repeat(90));
    let error = EmbeddedPostgres::serve(&settings(&data_dir)).unwrap_err();
    let length = fs::canonicalize(&data_dir).unwrap().join("postgres/run/.s.PGSQL.5432").as_os_str().len();
    assert!(matches!(error, EmbeddedPostgresError::PathTooLong { excess, .. } if excess == length - 107));
}

#[test]
fn data_of_another_version_are_left_alone() {
    let folder = folder();
    let cluster = folder.path().join("postgres/cluster");
    fs::create_dir_all(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "7\n").unwrap();
    let error = EmbeddedPostgres::attach_or_start(&settings(folder.path())).unwrap_err();
    assert!(matches!(error, EmbeddedPostgresError::OtherVersion { made_by, .. } if made_by == "7"));
}

#[test]
fn a_folder_without_a_server_is_told() {
    let folder = folder();
    let settings = Settings { bin_dir: Some(folder.path().to_owned()), ..settings(folder.path()) };
    let error = EmbeddedPostgres::serve(&settings).unwrap_err();
    assert!(matches!(error, EmbeddedPostgresError::NotAServerFolder(_)));
}

#[test]
fn the_log_is_bounded() {
    let folder = folder();
    let layout = Layout::prepare(folder.path()).unwrap();
    let log = log_file::open(&layout).unwrap();
    log.set_len(11 * 1024 * 1024).unwrap();
    log_file::trim(&layout).unwrap();
    assert_eq!(log.metadata().unwrap().len(), 0);
    assert_eq!(fs::metadata(folder.path().join("postgres/postgres.log.1")).unwrap().len(), 11 * 1024 * 1024);
}

#[test]
fn the_telling_line_of_a_log_is_found() {
    let log = "12:00 [7] LOG:  starting\n12:00 [7] FATAL:  no space left\n12:00 [7] LOG:  shut down\n\n";
    assert_eq!(log_file::reason_in(log).as_deref(), Some("no space left"));
    assert_eq!(log_file::reason_in("killed\n").as_deref(), Some("killed"));
    assert_eq!(log_file::reason_in(""), None);
}
