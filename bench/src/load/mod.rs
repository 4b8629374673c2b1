//! The load: many connections, each with its own conversation.

mod http;
mod outcome;

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::sleep_until;

use self::http::Connection;
pub(crate) use self::outcome::Outcome;

/// The requests of one connection, one after the other, and the checks of their responses.
pub(crate) trait Conversation: Send {
    /// Appends the next complete request to `out`.
    fn request(&mut self, out: &mut Vec<u8>);

    /// Checks the response. An error means an unexpected response, and fails the measure.
    fn answer(&mut self, status: u16, body: &[u8]) -> anyhow::Result<()>;
}

/// The durations of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Warm-up, which is not measured: connections open, caches fill.
    pub(crate) warm_up: Duration,
    /// The measured time.
    pub(crate) measured: Duration,
}

/// Connections that load a service together. Their conversations continue from one load to the
/// next.
pub(crate) struct Crowd {
    conversations: Vec<Box<dyn Conversation>>,
    patient: bool,
}

impl Crowd {
    /// Returns a crowd with one connection for each conversation.
    pub(crate) fn new(conversations: impl IntoIterator<Item = Box<dyn Conversation>>) -> Self {
        Self { conversations: conversations.into_iter().collect(), patient: false }
    }

    /// Lets connections in a closed loop wait for `Retry-After`. By default they retry immediately.
    pub(crate) fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    /// Runs a closed loop: each connection sends its next request after the previous response.
    pub(crate) fn closed(&mut self, address: SocketAddr, span: Span) -> anyhow::Result<Outcome> {
        let from = Instant::now() + span.warm_up;
        let until = from + span.measured;
        let patient = self.patient;
        self.run(span, |conversation| spawn_local(closed(address, conversation, patient, from, until)))
    }

    /// Runs an open loop: `rate` requests a second are due, even if the service is slower. The
    /// latency of a response counts from the time when its request was due, so it includes the wait
    /// for a free connection.
    pub(crate) fn open(&mut self, address: SocketAddr, rate: f64, span: Span) -> anyhow::Result<Outcome> {
        let (queue, due) = unbounded_channel();
        let due = Arc::new(Mutex::new(due));
        let start = Instant::now();
        let from = start + span.warm_up;
        let until = from + span.measured;
        thread::scope(|scope| {
            scope.spawn(move || pace(&queue, start, until, rate));
            self.run(span, |conversation| spawn_local(open(address, conversation, Arc::clone(&due), from)))
        })
    }

    /// Runs the conversations to their end, with one thread for each core.
    fn run(
        &mut self,
        span: Span,
        start: impl Fn(Box<dyn Conversation>) -> JoinHandle<Ended> + Sync,
    ) -> anyhow::Result<Outcome> {
        let mut conversations = std::mem::take(&mut self.conversations);
        let share = conversations.len().div_ceil(cores());
        let mut shares = Vec::new();
        while !conversations.is_empty() {
            shares.push(conversations.split_off(conversations.len().saturating_sub(share)));
        }
        let start = &start;
        let ended: Vec<Ended> = thread::scope(|scope| {
            let threads: Vec<_> =
                shares.into_iter().map(|share| scope.spawn(move || run_share(share, start))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| anyhow!("a load thread panicked"))?)
                .collect::<anyhow::Result<Vec<_>>>()
        })?
        .into_iter()
        .flatten()
        .collect();

        let mut outcome = Outcome::new(span.measured);
        for ended in ended {
            let (conversation, part) = ended?;
            outcome.add(&part);
            self.conversations.push(conversation);
        }
        Ok(outcome)
    }
}

/// Sends one request and returns the body of the response. It is not measured.
pub(crate) fn once(address: SocketAddr, conversation: &mut dyn Conversation) -> anyhow::Result<Vec<u8>> {
    runtime()?.block_on(async {
        let mut connection = Connection::new(address);
        connection.exchange(conversation).await?;
        Ok(connection.body().to_vec())
    })
}

/// Returns the number of cores of this machine.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A conversation and its measurements.
type Ended = anyhow::Result<(Box<dyn Conversation>, Outcome)>;

fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("the load client does not start")
}

fn run_share(
    share: Vec<Box<dyn Conversation>>,
    start: &impl Fn(Box<dyn Conversation>) -> JoinHandle<Ended>,
) -> anyhow::Result<Vec<Ended>> {
    LocalSet::new().block_on(&runtime()?, async {
        let tasks: Vec<_> = share.into_iter().map(start).collect();
        let mut ended = Vec::with_capacity(tasks.len());
        for task in tasks {
            ended.push(task.await.context("a load task panicked")?);
        }
        Ok(ended)
    })
}

async fn closed(
    address: SocketAddr,
    mut conversation: Box<dyn Conversation>,
    patient: bool,
    from: Instant,
    until: Instant,
) -> Ended {
    let mut outcome = Outcome::default();
    let mut connection = Connection::new(address);
    loop {
        let sent = Instant::now();
        if sent >= until {
            return Ok((conversation, outcome));
        }
        let status = connection.exchange(&mut *conversation).await?;
        let answered = Instant::now();
        if answered >= from && answered <= until {
            outcome.record(status, answered - sent);
        }
        if patient && !connection.retry_after().is_zero() {
            sleep_until(until.min(answered + connection.retry_after()).into()).await;
        }
    }
}

async fn open(
    address: SocketAddr,
    mut conversation: Box<dyn Conversation>,
    queue: Arc<Mutex<UnboundedReceiver<Instant>>>,
    from: Instant,
) -> Ended {
    let mut outcome = Outcome::default();
    let mut connection = Connection::new(address);
    loop {
        let Some(due) = queue.lock().await.recv().await else { return Ok((conversation, outcome)) };
        let status = connection.exchange(&mut *conversation).await?;
        if due >= from {
            outcome.record(status, due.elapsed());
        }
    }
}

/// Announces each request when it is due. It needs a separate thread, because the runtime's timer
/// counts in milliseconds.
fn pace(queue: &UnboundedSender<Instant>, start: Instant, until: Instant, rate: f64) {
    let mut due = start;
    let mut count = 0.0;
    while due < until {
        #[expect(clippy::disallowed_methods, reason = "the moments of arrival are given, not waited for")]
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // Only an error ends the load early.
        if queue.send(due).is_err() {
            return;
        }
        count += 1.0;
        due = start + Duration::from_secs_f64(count / rate);
    }
}
