//! The load: many connections, each with a conversation of its own.

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

/// What one connection sends, one request after the other, and what it makes of the answers.
pub(crate) trait Conversation: Send {
    /// Writes the next request, whole, at the end of `out`.
    fn request(&mut self, out: &mut Vec<u8>);

    /// Looks at the answer to it. An error is an answer that must not be, and fails the measure.
    fn answer(&mut self, status: u16, body: &[u8]) -> anyhow::Result<()>;
}

/// How long a load runs, and for how long before that it is not measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Not measured: connections open, caches fill.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) measured: Duration,
}

/// Connections that load a service together. Their conversations go on from one load to the next.
pub(crate) struct Crowd {
    conversations: Vec<Box<dyn Conversation>>,
    patient: bool,
}

impl Crowd {
    /// One connection for each conversation.
    pub(crate) fn new(conversations: impl IntoIterator<Item = Box<dyn Conversation>>) -> Self {
        Self { conversations: conversations.into_iter().collect(), patient: false }
    }

    /// Who is told `Retry-After` in a closed loop waits that long. Others ask again at once.
    pub(crate) fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    /// Closed loop: each connection sends its next request when it has the answer to the one before.
    pub(crate) fn closed(&mut self, address: SocketAddr, span: Span) -> anyhow::Result<Outcome> {
        let from = Instant::now() + span.warm_up;
        let until = from + span.measured;
        let patient = self.patient;
        self.run(span, |conversation| spawn_local(closed(address, conversation, patient, from, until)))
    }

    /// Open loop: `rate` requests a second are due, whether or not the service keeps up. The time of an answer counts
    /// from the moment when its request was due, so waiting for a free connection counts as well.
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

    /// Runs the conversations to their ends, on as many threads as there are cores.
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

/// One request, and its answer's body. For what is not measured.
pub(crate) fn once(address: SocketAddr, conversation: &mut dyn Conversation) -> anyhow::Result<Vec<u8>> {
    runtime()?.block_on(async {
        let mut connection = Connection::new(address);
        connection.exchange(conversation).await?;
        Ok(connection.body().to_vec())
    })
}

/// Cores of this machine.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A conversation with what it measured.
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

/// Announces each request when it is due. On a thread of its own, because the runtime's timer counts in milliseconds.
fn pace(queue: &UnboundedSender<Instant>, start: Instant, until: Instant, rate: f64) {
    let mut due = start;
    let mut count = 0.0;
    while due < until {
        #[expect(clippy::disallowed_methods, reason = "the moments of arrival are given, not waited for")]
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // The load ends early only by an error.
        if queue.send(due).is_err() {
            return;
        }
        count += 1.0;
        due = start + Duration::from_secs_f64(count / rate);
    }
}
