use super::libpq::{ConnectFailure, SqlState};
use super::place::Place;

/// Why no connection could be opened: one line for people, without secrets.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot reach {place}: {reason}{code}")]
pub struct ConnectError {
    place: String,
    reason: &'static str,
    code: String,
    sqlstate: Option<SqlState>,
    /// Whether no connection was opened. Otherwise a connection was opened, and then broke.
    pub(super) is_unreachable: bool,
}

impl ConnectError {
    pub(super) fn new(
        place: &Place,
        reason: &'static str,
        is_unreachable: bool,
        sqlstate: Option<SqlState>,
    ) -> Self {
        let code = sqlstate.map(|sqlstate| format!(" (SQLSTATE {sqlstate})")).unwrap_or_default();
        Self { place: place.text.clone(), reason, code, sqlstate, is_unreachable }
    }

    /// Returns whether the server, the database or the role has reached its maximum number of
    /// connections.
    pub(super) fn is_full(&self) -> bool {
        self.sqlstate.is_some_and(|sqlstate| sqlstate.class() == "53")
    }
}

/// Explains a failure by the server's code if it sent one, or else by libpq's message. That message
/// is English, since this program sets no locale. Certificates come first, because their messages
/// contain words of other messages.
pub(super) fn reason(failure: &ConnectFailure) -> &'static str {
    if let Some(sqlstate) = &failure.sqlstate {
        return match (sqlstate.as_str(), sqlstate.class()) {
            ("28P01", _) => "user or password is wrong",
            (_, "28") => {
                "the server does not let this user in from here (pg_hba.conf), or the role does not exist"
            }
            ("3D000", _) => "the database does not exist",
            ("42501", _) => "the role is not allowed to connect to this database",
            ("57P03", _) => "the server is starting up or shutting down",
            (_, "53") => "the server has no connection left",
            (_, "57") => "the server is shutting down",
            _ => "the server refused the connection",
        };
    }
    let known = [
        ("root certificate file", "the root certificate that sslmode requires is missing; set sslrootcert"),
        ("certificate verify failed", "the server's certificate is not trusted; check sslrootcert"),
        ("does not match host name", "the server's certificate is for another host name"),
        ("certificate", "the certificates do not match"),
        ("private key", "the client's private key cannot be used"),
        ("server does not support SSL", "the server does not support TLS, which sslmode requires"),
        ("could not translate host name", "the host name is unknown"),
        ("Connection refused", "no server listens there; is it running?"),
        ("No such file or directory", "the socket does not exist; is the server running?"),
        ("Network is unreachable", "the network is unreachable"),
        ("No route to host", "there is no route to the host"),
        ("no password supplied", "a password is required"),
        ("session is read-only", "no server accepts writes, which target_session_attrs requires"),
        ("hot standby mode", "no server is a primary, which target_session_attrs requires"),
        ("session is not read-only", "no server is read-only, which target_session_attrs requires"),
        ("definition of service", "the service file does not define that service"),
        ("invalid response to SSL negotiation", "the server there is not Postgres"),
        ("expected authentication request", "the server there is not Postgres"),
        ("channel binding", "client and server do not agree on channel binding"),
        ("SSL", "client and server do not agree on TLS"),
        ("invalid", "the connection string is not valid"),
    ];
    let found = known.into_iter().find(|(part, _)| failure.message.contains(part));
    match found {
        Some((_, reason)) => reason,
        None if failure.timed_out => "the server did not answer in time",
        None => "the connection was closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_problem_is_not_mistaken_for_another_one_that_its_message_mentions() {
        let message = "connection to server at \"h\" (::1), port 5432 failed: root certificate file \
                       \"/root/.postgresql/root.crt\" does not exist\nEither provide the file, use the system's trusted \
                       roots with sslrootcert=system, or change sslmode to disable server certificate verification.";
        assert!(reason(&ConnectFailure::new(message)).contains("sslrootcert"));
    }
}
