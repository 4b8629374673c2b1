use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::rt::System;
use anyhow::Context;
use sihha_api::server::Server;
use sihha_domain::clock::Clock;
use sihha_domain::mail::{Mailer, NoMailer};
use sihha_domain::secret_box::{NoSecretKey, SecretBox, SecretBoxError};
use sihha_domain::staff::ListStaff;
use sihha_embedded_postgres::children::{self, Left};
use sihha_infra::jwt::KeyRing;
use sihha_infra::postgres::{Database, allowed_connections};
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_interrupt::Interrupt;
use sihha_mail::LinkBase;
use tokio::signal::unix::{SignalKind, signal};

use crate::blocklist;
use crate::certificate;
use crate::compose::{self, Capacity, Dependencies, Service};
use crate::config::{ServeOptions, ThrottleMode};
use crate::database::OpenDatabase;
use crate::jobs::{self, JobRunner, KeyUseRecorder, Reloadable};
use crate::listen::BoundSocket;
use crate::mail::{self, MailRoute, MailTarget};
use crate::output;
use crate::secret;
use crate::signals::{Signals, StopSignal};

/// Number of database connections left for the readiness check and for staff commands.
const RESERVED_CONNECTIONS: u32 = 3;

/// Time between two checks for orphans while another part of this process has yet to collect the
/// exit of its own child.
const REAP_INTERVAL: Duration = Duration::from_millis(100);

/// Serves until a signal to stop. Then finishes the requests in flight, and stops the private
/// Postgres if there is one.
///
/// That `socket` has no address is reported last: another service with the same data is a better
/// reason.
pub(crate) fn run(options: &ServeOptions, socket: io::Result<BoundSocket>) -> anyhow::Result<()> {
    let system = System::new();
    // From here on signals are kept until there is something to stop.
    let mut signals = system.block_on(async { Signals::listen() })?;
    let interrupt = Interrupt::default();
    let start = {
        let (options, interrupt) = (options.clone(), interrupt.clone());
        let listening = socket.as_ref().ok().and_then(|socket| socket.url(options.tls.scheme()));
        move || start(&options, listening.as_ref(), &interrupt)
    };
    let started = system.block_on(signals.unless_stopped(&interrupt, start))?;
    if let Some((open, dependencies, options, mail_target)) = started {
        system.block_on(run_service(
            &options,
            &dependencies,
            socket,
            open.data_dir.as_deref(),
            mail_target.as_ref(),
            signals,
            &interrupt,
        ))?;
        open.close()?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Opens everything that the service depends on. May wait for another process or for the database.
fn start(
    options: &ServeOptions,
    listening: Option<&LinkBase>,
    interrupt: &Interrupt,
) -> anyhow::Result<(OpenDatabase, Dependencies, ServeOptions, Option<MailTarget>)> {
    let certificate = certificate::load(options, SystemClock.now())?;
    let password_policies = blocklist::password_policies(&options.blocklist, &options.database)?;
    let mail_route = mail::route(&options.mail, &options.database, listening)?;
    let open = OpenDatabase::for_serving(&options.database, Capacity::of(options).pool_size, interrupt)?;
    let (mailer, mail_target): (Arc<dyn Mailer>, _) = match mail_route {
        Some(MailRoute { mailer, target }) => (Arc::new(mailer), Some(target)),
        None => (Arc::new(NoMailer), None),
    };
    let dependencies = Dependencies {
        database: open.database.clone(),
        keys: keys(options, open.data_dir.as_deref())?,
        secret_box: secret_box(options, open.data_dir.as_deref())?,
        password_policies,
        mailer,
        legacy_jwt_secret: secret::load_legacy(options.legacy_jwt_secret_file.as_deref())?,
        clock: open.database.clock(),
        randomness: Arc::new(SystemRandomness),
        certificate,
    };
    let options = ServeOptions { pool_size: Some(pool_size(options, &open.database)?), ..options.clone() };
    Ok((open, dependencies, options, mail_target))
}

/// Without a key the service starts, as it did before there were staff.
fn secret_box(options: &ServeOptions, data_dir: Option<&Path>) -> anyhow::Result<Arc<dyn SecretBox>> {
    let file = options.secret_key.secret_key_file.as_deref();
    if let Some(secret_box) = secret::load_box(file, data_dir)? {
        return Ok(Arc::new(secret_box));
    }
    // No mail has a link that confirms an address.
    let needs_links = !options.email.require_verified_email.is_empty();
    anyhow::ensure!(!needs_links, "--require-verified-email: {}", secret::NO_KEY);
    Ok(Arc::new(NoSecretKey))
}

fn can_encrypt(secret_box: &dyn SecretBox) -> bool {
    secret_box.seal("", b"") != Err(SecretBoxError::NoKey)
}

async fn run_service(
    options: &ServeOptions,
    dependencies: &Dependencies,
    socket: io::Result<BoundSocket>,
    data_dir: Option<&Path>,
    mail_target: Option<&MailTarget>,
    mut signals: Signals,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let Service { server, use_cases, network_limits } = compose::build(options, dependencies, socket)?;
    let (recording, secret_box) = (Arc::clone(&use_cases), Arc::clone(&dependencies.secret_box));
    let record = move || {
        jobs::warn_of_unknown_keys(&recording.find_unknown_keys);
        let has_staff = has_staff(&recording.list_staff, &*secret_box);
        Ok((KeyUseRecorder::start(recording.record_key_use.clone()), has_staff))
    };
    let Some((key_use_recorder, has_staff)) = signals.unless_stopped(interrupt, record).await? else {
        return Ok(());
    };
    mail::announce(mail_target);
    if options.throttle.throttle == ThrottleMode::Off {
        tracing::warn!(
            "neither guesses of passwords nor requests are limited; start without `--throttle off`, which is for load tests"
        );
    }
    blocklist::announce(&options.blocklist, &options.database);
    if !can_encrypt(&*dependencies.secret_box) {
        tracing::warn!("mails with links are not sent: {}", secret::NO_KEY);
    }
    announce(&server, options, data_dir, has_staff)?;
    let reloadable = Reloadable {
        keys: options.signing_keys.is_some().then(|| Arc::clone(&dependencies.keys)),
        certificate: dependencies.certificate.clone(),
    };
    let clock = dependencies.database.clock();
    let jobs = jobs::all(&use_cases, clock, key_use_recorder, network_limits, reloadable);
    let jobs = JobRunner::start(jobs, &dependencies.clock, &dependencies.randomness)?;
    let drain = options.stop.drain(data_dir.is_some());
    tokio::select! {
        outcome = serve(server, &mut signals, &jobs, drain) => outcome,
        never = reap_orphans() => match never? {},
    }
}

/// Returns the requested pool size, or less if the database allows fewer connections in addition to
/// [`RESERVED_CONNECTIONS`].
fn pool_size(options: &ServeOptions, database: &Database) -> anyhow::Result<u16> {
    let wanted = Capacity::of(options).pool_size;
    let allowed = allowed_connections(database)?;
    let size = wanted.min(allowed.saturating_sub(RESERVED_CONNECTIONS)).max(1);
    if size < wanted {
        tracing::warn!(
            allowed,
            wanted,
            size,
            "the database allows this role fewer connections than --pool-size; some stay free for commands"
        );
    }
    Ok(u16::try_from(size).unwrap_or(u16::MAX))
}

fn keys(options: &ServeOptions, data_dir: Option<&Path>) -> anyhow::Result<Arc<KeyRing>> {
    let folder = options.signing_keys.as_deref();
    let secret =
        secret::load(options.jwt_secret_file.as_deref(), data_dir, folder.is_none(), &SystemRandomness)?;
    if folder.is_some() && secret.is_some() {
        tracing::info!("the JWT secret still verifies tokens; remove it when its last token has expired");
    }
    compose::open_keys(options, secret, Arc::new(SystemClock))
}

/// Serves until a signal to stop, and then for the time of `drain`, while load balancers notice it.
/// Then accepts no more connections, and finishes the requests in flight. A second signal stops
/// immediately.
async fn serve(
    server: Server,
    signals: &mut Signals,
    jobs: &JobRunner,
    drain: Duration,
) -> anyhow::Result<()> {
    let stopper = server.stopper()?;
    let second_signal = async {
        let first = next_stop(signals, jobs).await;
        stopper.drain();
        // A person at a terminal has no load balancer.
        let drain = if first == StopSignal::Terminate { drain } else { Duration::ZERO };
        tracing::info!(drain = %humantime::format_duration(drain), "stopping: requests are served until the drain ends");
        let stop = async {
            tokio::time::sleep(drain).await;
            stopper.close().await;
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            _ = next_stop(signals, jobs) => {}
            never = stop => match never {},
        }
    };
    tokio::select! {
        outcome = server.run() => Ok(outcome?),
        () = second_signal => {
            tracing::warn!("second signal to stop: requests in flight are cut off");
            Ok(())
        }
    }
}

/// Waits for a signal to stop. Reads the keys and the certificate again at SIGHUP, if there are files
/// of them.
async fn next_stop(signals: &mut Signals, jobs: &JobRunner) -> StopSignal {
    loop {
        if let Some(stop) = signals.next().await {
            return stop;
        }
        if !jobs.hangup() {
            tracing::info!("SIGHUP has no effect: no --signing-keys or --tls-cert to read again");
        }
    }
}

/// Collects the exits of orphans that the kernel made children of this process.
async fn reap_orphans() -> anyhow::Result<Infallible> {
    let mut ended = signal(SignalKind::child()).context("the system refused a handler of SIGCHLD")?;
    if !children::inherits_orphans() {
        return std::future::pending().await;
    }
    loop {
        match children::reap_orphans() {
            Left::Nothing => drop(ended.recv().await),
            Left::Own => tokio::time::sleep(REAP_INTERVAL).await,
        }
    }
}

/// Returns whether there are staff, whose codes cannot be verified without a key. If the database does not answer,
/// there may be some.
fn has_staff(staff: &ListStaff, secret_box: &dyn SecretBox) -> bool {
    let has_staff = staff.page(None, 1).map_or(true, |first| !first.is_empty());
    if has_staff && !can_encrypt(secret_box) {
        tracing::warn!("staff can log in with a recovery code only: {}", secret::NO_KEY);
    }
    has_staff
}

/// Prints the only line on standard output: that the service is ready, its addresses, how to create the
/// first member of staff, and how to list waiting accounts.
///
/// Uses a thread, because neither a blocked reader nor a full disk may prevent the start.
fn announce(
    server: &Server,
    options: &ServeOptions,
    data_dir: Option<&Path>,
    has_staff: bool,
) -> anyhow::Result<()> {
    let api = server.address().map_or_else(
        || format!("API {}", options.listen),
        |address| {
            let scheme = options.tls.scheme();
            format!("API {scheme}://{address}/api, documentation {scheme}://{address}/docs/")
        },
    );
    let program = std::env::args().next().unwrap_or_else(|| "sihha".to_owned());
    let data_dir = data_dir.map(|dir| dir.display().to_string());
    let command = |arguments: &[&'static str]| {
        let data_dir = data_dir.iter().flat_map(|dir| ["--data-dir", dir.as_str()]);
        let words = [program.as_str()].into_iter().chain(arguments.iter().copied()).chain(data_dir);
        shlex::try_join(words).context("the name of the data directory cannot be typed in a shell")
    };
    let create = ["staff", "create", "--email", "EMAIL", "--name", "NAME", "--role", "admin"];
    let first_admin = if has_staff { String::new() } else { format!("first admin: {}, ", command(&create)?) };
    let waiting = command(&["approvals", "list"])?;
    let line = format!("sihha is ready: {api}, {first_admin}waiting accounts: {waiting}\n");
    let print = move || {
        if let Err(error) = output::print(&line) {
            tracing::warn!(error = format!("{error:#}"), "ready line not written");
        }
    };
    thread::Builder::new().name("announce".to_owned()).spawn(print).context("the system refused a thread")?;
    Ok(())
}
