use std::ffi::{CStr, c_char, c_int};
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pq_sys::{
    ConnStatusType, ExecStatusType, PGTransactionStatusType, PGVerbosity, PGcancel, PGconn, PQbackendPID,
    PQcancel, PQconnectPoll, PQconnectStart, PQconsumeInput, PQerrorMessage, PQfinish, PQflush, PQfreeCancel,
    PQgetCancel, PQgetResult, PQisBusy, PQparameterStatus, PQsendPrepare, PQsendQuery, PQsendQueryParams,
    PQsendQueryPrepared, PQsetErrorVerbosity, PQsetNoticeReceiver, PQsetnonblocking, PQsocket, PQstatus,
    PQtransactionStatus, PostgresPollingStatusType,
};

use super::conninfo::ConnInfo;
use super::notices::{ignore_notice, log_notice};
use super::outcome::{Outcome, ServerError};
use super::sqlstate::SqlState;

/// A connection of libpq. No call waits longer than the given time.
pub(super) struct Handle(NonNull<PGconn>);

#[expect(unsafe_code, reason = "libpq's connections")]
// SAFETY: any thread may use a connection of libpq, one at a time (PostgreSQL manual, 34.20);
// `&mut self` ensures that.
unsafe impl Send for Handle {}

/// Why no connection could be opened.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct ConnectFailure {
    /// The server's code, if it answered.
    pub(in crate::postgres) sqlstate: Option<SqlState>,
    /// Whether the attempt timed out.
    pub(in crate::postgres) timed_out: bool,
    /// libpq's message. It may contain users and hosts, but no password.
    pub(in crate::postgres) message: String,
}

impl ConnectFailure {
    /// Creates a failure that the server did not report.
    pub(in crate::postgres) fn new(message: &str) -> Self {
        Self { sqlstate: None, timed_out: false, message: message.to_owned() }
    }

    /// Returns the server's code, for the log.
    pub(in crate::postgres) fn code(&self) -> Option<&str> {
        self.sqlstate.as_ref().map(SqlState::as_str)
    }
}

/// Why a statement failed.
pub(super) enum Failure {
    /// The server refused the statement.
    Refused(Box<ServerError>),
    /// The connection broke or the statement timed out. It is unknown whether the statement was
    /// run.
    Gone(Box<ServerError>),
}

/// Values of a statement's parameters in Postgres's binary format. `None` is null.
pub(super) type Binds = [Option<Vec<u8>>];

#[expect(unsafe_code, reason = "libpq's connections")]
impl Handle {
    /// Connects to one server.
    pub(super) fn connect(info: &ConnInfo, limit: Duration) -> Result<Self, ConnectFailure> {
        let text = info.to_text().ok_or_else(|| ConnectFailure::new("invalid: a value contains a NUL"))?;
        // SAFETY: the text ends with a NUL, and libpq copies it.
        let conn = unsafe { PQconnectStart(text.as_ptr()) };
        let mut handle = Self(NonNull::new(conn).ok_or_else(|| ConnectFailure::new("no memory"))?);
        // SAFETY: the connection is valid, and the receiver keeps no reference. With this
        // verbosity, libpq's message contains the server's code instead of its text, which is in
        // the server's language.
        unsafe {
            PQsetErrorVerbosity(handle.conn(), PGVerbosity::PQERRORS_SQLSTATE);
            PQsetNoticeReceiver(handle.conn(), Some(log_notice), ptr::null_mut());
        }
        handle.establish(Instant::now() + limit)?;
        Ok(handle)
    }

    fn establish(&mut self, deadline: Instant) -> Result<(), ConnectFailure> {
        if self.is_broken() {
            return Err(self.connect_failure(false));
        }
        let mut wanted = PollFlags::POLLOUT;
        loop {
            if !self.wait(wanted, Some(deadline)) {
                return Err(self.connect_failure(true));
            }
            // SAFETY: the connection is valid.
            wanted = match unsafe { PQconnectPoll(self.conn()) } {
                PostgresPollingStatusType::PGRES_POLLING_OK => break,
                PostgresPollingStatusType::PGRES_POLLING_FAILED => return Err(self.connect_failure(false)),
                PostgresPollingStatusType::PGRES_POLLING_WRITING => PollFlags::POLLOUT,
                _ => PollFlags::POLLIN,
            };
        }
        // SAFETY: the connection is valid, and the receiver keeps no reference. From now on,
        // notices can quote rows.
        unsafe {
            PQsetnonblocking(self.conn(), 1);
            PQsetNoticeReceiver(self.conn(), Some(ignore_notice), ptr::null_mut());
        }
        Ok(())
    }

    fn connect_failure(&self, timed_out: bool) -> ConnectFailure {
        let message = self.error_message();
        let code = |line: &str| SqlState::parse(line.rsplit_once(":  ")?.1.trim());
        ConnectFailure { sqlstate: message.lines().rev().find_map(code), timed_out, message }
    }

    /// Runs the statements of a text, without parameters.
    pub(super) fn query(&mut self, sql: &CStr, limit: Option<Duration>) -> Result<Outcome, Failure> {
        // SAFETY: the connection is valid, and libpq copies the text.
        let sent = unsafe { PQsendQuery(self.conn(), sql.as_ptr()) };
        self.finish(sent, limit)
    }

    /// Prepares a statement under a name.
    pub(super) fn prepare(
        &mut self,
        name: &CStr,
        sql: &CStr,
        types: &[u32],
        limit: Option<Duration>,
    ) -> Result<Outcome, Failure> {
        // SAFETY: as above; `types` has the given number of entries.
        let sent = unsafe {
            PQsendPrepare(self.conn(), name.as_ptr(), sql.as_ptr(), count(types.len()), types.as_ptr())
        };
        self.finish(sent, limit)
    }

    /// Runs a prepared statement.
    pub(super) fn execute(
        &mut self,
        name: &CStr,
        binds: &Binds,
        limit: Option<Duration>,
    ) -> Result<Outcome, Failure> {
        let (values, lengths, formats) = arrays(binds);
        // SAFETY: the arrays have the given number of entries, and outlive the call, which copies
        // them.
        let sent = unsafe {
            PQsendQueryPrepared(
                self.conn(),
                name.as_ptr(),
                count(binds.len()),
                values.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                1,
            )
        };
        self.finish(sent, limit)
    }

    /// Runs a statement without a named prepared statement.
    pub(super) fn execute_unprepared(
        &mut self,
        sql: &CStr,
        types: &[u32],
        binds: &Binds,
        limit: Option<Duration>,
    ) -> Result<Outcome, Failure> {
        let (values, lengths, formats) = arrays(binds);
        // SAFETY: as above.
        let sent = unsafe {
            PQsendQueryParams(
                self.conn(),
                sql.as_ptr(),
                count(binds.len()),
                types.as_ptr(),
                values.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                1,
            )
        };
        self.finish(sent, limit)
    }

    /// Waits for all results of the server, and returns the last outcome or the first error.
    fn finish(&mut self, sent: c_int, limit: Option<Duration>) -> Result<Outcome, Failure> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        if sent == 0 || !self.flush(deadline) {
            return Err(self.gone());
        }
        let (mut last, mut refused) = (None, None);
        loop {
            // SAFETY: the connection is valid. The next result reports a failed read.
            while unsafe { PQisBusy(self.conn()) } == 1 {
                if !self.wait(PollFlags::POLLIN, deadline) {
                    return Err(Failure::Gone(ServerError::of_connection(
                        "the server did not answer in time",
                    )));
                }
                if unsafe { PQconsumeInput(self.conn()) } == 0 {
                    break;
                }
            }
            let Some(result) = NonNull::new(unsafe { PQgetResult(self.conn()) }) else { break };
            // SAFETY: libpq passes ownership of the result.
            let outcome = unsafe { Outcome::new(result) };
            match outcome.status() {
                ExecStatusType::PGRES_COMMAND_OK
                | ExecStatusType::PGRES_TUPLES_OK
                | ExecStatusType::PGRES_EMPTY_QUERY => last = Some(outcome),
                ExecStatusType::PGRES_FATAL_ERROR => {
                    refused = refused.or_else(|| Some(Box::new(outcome.error())));
                }
                // For example COPY, which this program does not use, and which would wait for data.
                _ => return Err(Failure::Gone(ServerError::of_connection("a result of an unknown kind"))),
            }
        }
        match (refused, last) {
            (Some(error), _) if self.is_broken() => Err(Failure::Gone(error)),
            (Some(error), _) => Err(Failure::Refused(error)),
            (None, Some(outcome)) => Ok(outcome),
            (None, None) => Err(self.gone()),
        }
    }

    fn flush(&mut self, deadline: Option<Instant>) -> bool {
        loop {
            // SAFETY: the connection is valid. A server that does not read may wait until its own
            // data is read.
            match unsafe { PQflush(self.conn()) } {
                0 => return true,
                1 if self.wait(PollFlags::POLLIN | PollFlags::POLLOUT, deadline) => unsafe {
                    PQconsumeInput(self.conn());
                },
                _ => return false,
            }
        }
    }

    fn gone(&self) -> Failure {
        Failure::Gone(ServerError::of_connection(&self.error_message()))
    }

    /// Waits for the socket. Returns false if it is not ready in time.
    fn wait(&self, wanted: PollFlags, deadline: Option<Instant>) -> bool {
        let Some(socket) = self.socket() else { return true };
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            // Rounded up, so that the wait is not shorter than the time that is left.
            let timeout = left.map_or(PollTimeout::NONE, |left| {
                PollTimeout::try_from(left.as_micros().div_ceil(1000)).unwrap_or(PollTimeout::MAX)
            });
            match poll(&mut [PollFd::new(socket, wanted)], timeout) {
                Ok(0) => return false,
                Err(Errno::EINTR) => {}
                // libpq reports an error of the socket.
                Ok(_) | Err(_) => return true,
            }
        }
    }

    fn socket(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: the connection is valid, and its socket is open as long as `self` is borrowed.
        let socket: RawFd = unsafe { PQsocket(self.conn()) };
        (socket >= 0).then(|| unsafe { BorrowedFd::borrow_raw(socket) })
    }

    /// Checks, without waiting, whether the server has closed the connection while it was idle.
    pub(super) fn has_been_closed(&mut self) -> bool {
        while !self.is_broken() && self.wait(PollFlags::POLLIN, Some(Instant::now())) {
            // SAFETY: the connection is valid.
            if self.socket().is_none() || unsafe { PQconsumeInput(self.conn()) } == 0 {
                return true;
            }
            // The server's last message must be read before libpq detects the end of the
            // connection.
            unsafe { PQisBusy(self.conn()) };
        }
        self.is_broken()
    }

    pub(super) fn is_broken(&self) -> bool {
        // SAFETY: the connection is valid.
        unsafe { PQstatus(self.conn()) == ConnStatusType::CONNECTION_BAD }
    }

    pub(super) fn transaction_status(&self) -> PGTransactionStatusType {
        // SAFETY: the connection is valid.
        unsafe { PQtransactionStatus(self.conn()) }
    }

    /// Returns a setting that the server reports, such as `server_encoding`.
    pub(super) fn parameter(&self, name: &CStr) -> Option<String> {
        // SAFETY: the connection is valid, and the text is copied.
        unsafe {
            let value = PQparameterStatus(self.conn(), name.as_ptr());
            if value.is_null() { None } else { Some(CStr::from_ptr(value).to_string_lossy().into_owned()) }
        }
    }

    /// Returns the process id that the server announced when the connection was opened. A pooler
    /// announces an invented one.
    pub(super) fn announced_pid(&self) -> i32 {
        // SAFETY: the connection is valid.
        unsafe { PQbackendPID(self.conn()) }
    }

    /// Returns an object that cancels this connection's statements from another thread.
    pub(super) fn canceller(&self) -> Option<Canceller> {
        // SAFETY: the connection is valid; the returned object does not refer to it.
        NonNull::new(unsafe { PQgetCancel(self.conn()) }).map(Canceller)
    }

    fn error_message(&self) -> String {
        // SAFETY: the connection is valid, and the text is copied.
        unsafe { CStr::from_ptr(PQerrorMessage(self.conn())).to_string_lossy().trim_end().to_owned() }
    }

    fn conn(&self) -> *mut PGconn {
        self.0.as_ptr()
    }
}

impl Drop for Handle {
    #[expect(unsafe_code, reason = "libpq's connections")]
    fn drop(&mut self) {
        // SAFETY: the connection is valid, and not used again. It is non-blocking, so this call
        // does not block.
        unsafe { PQfinish(self.conn()) }
    }
}

/// Cancels the statement that a connection is running.
pub(in crate::postgres) struct Canceller(NonNull<PGcancel>);

#[expect(unsafe_code, reason = "libpq's connections")]
// SAFETY: any thread may cancel with it, and it is never changed.
unsafe impl Send for Canceller {}

impl Canceller {
    /// Asks the server to cancel the statement, which may have ended already.
    pub(in crate::postgres) fn cancel(&self) {
        let mut message = [c_char::default(); 256];
        #[expect(unsafe_code, reason = "libpq's connections")]
        // SAFETY: the object is valid, and the buffer has the given size.
        unsafe {
            PQcancel(self.0.as_ptr(), message.as_mut_ptr(), count(message.len()));
        }
    }
}

impl Drop for Canceller {
    #[expect(unsafe_code, reason = "libpq's connections")]
    fn drop(&mut self) {
        // SAFETY: the object is valid, and not used again.
        unsafe { PQfreeCancel(self.0.as_ptr()) }
    }
}

type Arrays = (Vec<*const c_char>, Vec<c_int>, Vec<c_int>);

/// Returns the arrays that libpq needs: addresses, lengths and formats (1 is binary) of the values.
fn arrays(binds: &Binds) -> Arrays {
    let value = |bind: &Option<Vec<u8>>| bind.as_ref().map_or(ptr::null(), |bytes| bytes.as_ptr().cast());
    let length = |bind: &Option<Vec<u8>>| count(bind.as_ref().map_or(0, Vec::len));
    (binds.iter().map(value).collect(), binds.iter().map(length).collect(), vec![1; binds.len()])
}

/// Converts a number to libpq's type. Postgres accepts no message of 2 GiB, so the server refuses
/// larger numbers.
fn count(number: usize) -> c_int {
    c_int::try_from(number).unwrap_or(c_int::MAX)
}
