use super::database::Place;
use super::libpq::{ConnectFailure, SqlState};

/// Why no connection came about. One line for people, with nothing secret in it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot reach {place}: {reason}{code}")]
pub struct ConnectError {
    place: String,
    reason: &'static str,
    code: String,
    sqlstate: Option<SqlState>,
    /// Whether no connection came about at all; else there was one, and it broke again.
    pub(super) unreachable: bool,
}

impl ConnectError {
    pub(super) fn new(
        place: &Place,
        reason: &'static str,
        unreachable: bool,
        sqlstate: Option<SqlState>,
    ) -> Self {
        let code = sqlstate.map(|sqlstate| format!(" (SQLSTATE {sqlstate})")).unwrap_or_default();
        Self { place: place.text.clone(), reason, code, sqlstate, unreachable }
    }

    /// Whether the server, the database or the role has as many connections as it may.
    pub(super) fn is_full(&self) -> bool {
        self.sqlstate.is_some_and(|sqlstate| sqlstate.class() == "53")
    }
}

/// Says what a failure means: by the server's code if it sent one, else by libpq's own message, which is English, since
/// this program sets no locale. Certificates come first: their messages contain words of others.
pub(super) fn reason(failure: &ConnectFailure) -> &'static str {
    if let Some(sqlstate) = &failure.sqlstate {
        return match (sqlstate.as_str(), sqlstate.class()) {
            ("28P01", _) => "user or password is wrong",
            (_, "28") => {
                "the server does not let this user in from here (pg_hba.conf), or the role is missing"
            }
            ("3D000", _) => "the database does not exist",
            ("42501", _) => "the role has no right to connect to this database",
            ("57P03", _) => "the server is starting up or shutting down",
            (_, "53") => "the server has no connection left",
            (_, "57") => "the server is shutting down",
            _ => "the server refused the connection",
        };
    }
    let known = [
        ("root certificate file", "the root certificate that sslmode asks for is missing; set sslrootcert"),
        ("certificate verify failed", "the server's certificate is not trusted; check sslrootcert"),
        ("does not match host name", "the server's certificate is for another host name"),
        ("certificate", "the certificates do not fit"),
        ("private key", "the client's private key cannot be used"),
        ("server does not support SSL", "the server offers no TLS, which sslmode asks for"),
        ("could not translate host name", "its host name is unknown"),
        ("Connection refused", "nothing listens there; is the server running?"),
        ("No such file or directory", "its socket does not exist; is the server running?"),
        ("Network is unreachable", "the network is unreachable"),
        ("No route to host", "there is no route to the host"),
        ("no password supplied", "a password is needed"),
        ("session is read-only", "no server there can be written to, as target_session_attrs asks"),
        ("hot standby mode", "no server there is a primary, as target_session_attrs asks"),
        ("session is not read-only", "no server there is read-only, as target_session_attrs asks"),
        ("definition of service", "the service file does not define that service"),
        ("invalid response to SSL negotiation", "what answers there is not Postgres"),
        ("expected authentication request", "what answers there is not Postgres"),
        ("channel binding", "no agreement on channel binding"),
        ("SSL", "no agreement on TLS"),
        ("invalid", "its connection string is not valid"),
    ];
    let found = known.into_iter().find(|(part, _)| failure.message.contains(part));
    match found {
        Some((_, reason)) => reason,
        None if failure.timed_out => "no answer within the time limit",
        None => "the connection broke off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_come_before_what_their_messages_mention() {
        let message = "connection to server at \"h\" (::1), port 5432 failed: root certificate file \
                       \"/root/.postgresql/root.crt\" does not exist\nEither provide the file, use the system's trusted \
                       roots with sslrootcert=system, or change sslmode to disable server certificate verification.";
        assert!(reason(&ConnectFailure::new(message)).contains("sslrootcert"));
    }
}
