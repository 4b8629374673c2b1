use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl, sql_query};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::layout::Layout;
use crate::{EmbeddedPostgres, EmbeddedPostgresError, Settings, locks, log_file};

/// Creates a folder that the user who runs the server can enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

fn settings(data_dir: &Path) -> Settings {
    Settings { max_connections: 10, durable: false, ..Settings::new(data_dir, "clinic") }
}

fn run(postgres: &EmbeddedPostgres, sql: &str) {
    run_as(&postgres.owner_url(), sql).unwrap();
}

fn run_as(url: &str, sql: &str) -> QueryResult<()> {
    PgConnection::establish(url).unwrap().batch_execute(sql)
}

fn pid_of_server(data_dir: &Path) -> i32 {
    let text = fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn wait_for(what: &str, mut has_happened: impl FnMut() -> bool) {
    let outcome = locks::poll(Duration::from_secs(20), || Ok(has_happened().then_some(()))).unwrap();
    assert!(outcome.is_some(), "no {what} in time");
}

#[test]
fn data_survive_a_restart_in_a_folder_with_any_name() {
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
fn only_one_process_serves_and_others_attach() {
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
fn a_name_that_is_no_plain_identifier_is_an_error_before_anything_is_created() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let long = "a".repeat(58);
    for name in
        ["", "1st", "a b", "Clinic", "a\"; DROP ROLE postgres; --", "pg_clinic", "postgres", "é", &long]
    {
        let settings = Settings { name: name.to_owned(), ..settings(&data_dir) };
        for start in [EmbeddedPostgres::serve, EmbeddedPostgres::attach_or_start] {
            let error = start(&settings).unwrap_err();
            assert!(matches!(error, EmbeddedPostgresError::InvalidName(_)), "{name}: {error}");
        }
    }
    assert!(!data_dir.exists());
}

#[test]
fn a_name_that_is_a_keyword_of_sql_and_of_the_access_rules_works() {
    let folder = folder();
    let settings = Settings { name: "all".to_owned(), ..settings(folder.path()) };
    let postgres = EmbeddedPostgres::serve(&settings).unwrap();
    run(&postgres, "CREATE TABLE visits (id int); GRANT SELECT ON visits TO \"all\"");
    run_as(&postgres.database_url(), "SELECT FROM visits").unwrap();
    run_as(&postgres.database_url(), "INSERT INTO visits VALUES (1)").unwrap_err();
    run_as(&postgres.database_url(), "CREATE TABLE other ()").unwrap_err();
    assert_eq!(postgres.service_role(), "all");
}

/// Makes the cluster like one of a release whose only role was the superuser, with a table.
const ONE_ROLE: &str = "ALTER DATABASE clinic OWNER TO postgres; DROP ROLE clinic, clinic_owner;
    CREATE ROLE other SUPERUSER; SET SESSION AUTHORIZATION other; ALTER ROLE postgres RENAME TO clinic;
    SET SESSION AUTHORIZATION clinic; DROP ROLE other;
    CREATE TABLE visits (id serial); INSERT INTO visits DEFAULT VALUES";

/// Fails with a division by zero unless the owner owns the database and its tables, and there is
/// one superuser.
const CHECK_OWNERS: &str = "SELECT 1 / (SELECT count(*) = 0 FROM pg_class WHERE oid >= 16384 AND relkind <> 't'
    AND relowner <> 'clinic_owner'::regrole)::int, 1 / (SELECT count(*) = 1 FROM pg_roles WHERE rolsuper)::int,
    1 / (SELECT count(*) = 1 FROM pg_database WHERE datdba = 'clinic_owner'::regrole)::int";

#[test]
fn a_cluster_whose_service_is_its_superuser_gets_its_roles() {
    let folder = folder();
    let settings = settings(folder.path());
    let postgres = EmbeddedPostgres::serve(&settings).unwrap();
    let mark = postgres.roles_mark();
    run_as(&postgres.superuser_url(), ONE_ROLE).unwrap();
    postgres.stop().unwrap();
    // The second time, nothing changes.
    for _ in 0..2 {
        fs::remove_file(&mark).unwrap();
        let postgres = EmbeddedPostgres::attach_or_start_existing(&settings).unwrap();
        assert!(mark.exists());
        run(&postgres, CHECK_OWNERS);
        run(&postgres, "ALTER TABLE visits ADD COLUMN note text; ALTER TABLE visits DROP COLUMN note");
        run_as(&postgres.database_url(), "SELECT FROM visits").unwrap();
        run_as(&postgres.database_url(), "INSERT INTO visits DEFAULT VALUES").unwrap_err();
    }
}

#[test]
fn a_stopped_server_leaves_no_process_or_socket() {
    let folder = folder();
    let postgres = EmbeddedPostgres::serve(&settings(folder.path())).unwrap();
    let process = format!("/proc/{}", pid_of_server(folder.path()));
    let run = folder.path().join("postgres/run");

    assert_eq!(fs::metadata(&run).unwrap().mode() & 0o777, 0o700);

    postgres.stop().unwrap();
    assert!(!Path::new(&process).exists());
    assert_eq!(fs::read_dir(&run).unwrap().count(), 0);
}

#[test]
fn a_killed_server_is_restarted() {
    let folder = folder();
    let postgres = EmbeddedPostgres::serve(&settings(folder.path())).unwrap();
    let killed = pid_of_server(folder.path());
    kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();

    wait_for("new server", || PgConnection::establish(&postgres.owner_url()).is_ok());
    assert_ne!(pid_of_server(folder.path()), killed);
}

#[test]
fn simultaneous_first_starts_share_one_server_until_the_last_has_ended() {
    let folder = folder();
    let settings = settings(folder.path());
    let work = |milliseconds| {
        let postgres = EmbeddedPostgres::attach_or_start(&settings).unwrap();
        let end = Instant::now() + Duration::from_millis(milliseconds);
        wait_for("end of the work", || {
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
fn a_path_too_long_for_a_socket_is_an_error() {
    let folder = folder();
    let data_dir = folder.path().join("a".repeat(90));
    let error = EmbeddedPostgres::serve(&settings(&data_dir)).unwrap_err();
    let length = fs::canonicalize(&data_dir).unwrap().join("postgres/run/.s.PGSQL.5432").as_os_str().len();
    assert!(matches!(error, EmbeddedPostgresError::PathTooLong { excess, .. } if excess == length - 107));
}

#[test]
fn data_of_another_version_are_an_error() {
    let folder = folder();
    let cluster = folder.path().join("postgres/cluster");
    fs::create_dir_all(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "7\n").unwrap();
    let error = EmbeddedPostgres::attach_or_start(&settings(folder.path())).unwrap_err();
    assert!(matches!(error, EmbeddedPostgresError::OtherVersion { created_by, .. } if created_by == "7"));
}

#[test]
fn a_program_folder_without_a_server_is_an_error() {
    let folder = folder();
    let settings = Settings { bin_dir: Some(folder.path().to_owned()), ..settings(folder.path()) };
    let error = EmbeddedPostgres::serve(&settings).unwrap_err();
    assert!(matches!(error, EmbeddedPostgresError::NotAServerFolder(_)));
}

#[test]
fn a_log_that_is_too_large_is_moved_aside() {
    let folder = folder();
    let layout = Layout::prepare(folder.path()).unwrap();
    let log = log_file::open(&layout).unwrap();
    log.set_len(11 * 1024 * 1024).unwrap();
    log_file::trim(&layout).unwrap();
    assert_eq!(log.metadata().unwrap().len(), 0);
    assert_eq!(fs::metadata(folder.path().join("postgres/postgres.log.1")).unwrap().len(), 11 * 1024 * 1024);
}

#[test]
fn the_reason_in_a_log_is_its_first_error_else_its_last_line() {
    let log = "12:00 [7] LOG:  starting\n12:00 [7] FATAL:  no space left\n12:00 [7] LOG:  shut down\n\n";
    assert_eq!(log_file::reason_in(log).as_deref(), Some("no space left"));
    assert_eq!(log_file::reason_in("killed\n").as_deref(), Some("killed"));
    assert_eq!(log_file::reason_in(""), None);
}
