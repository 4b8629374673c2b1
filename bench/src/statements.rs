//! The SQL of one call, as a script for pgbench. It is the minimum for a single call, not a copy of
//! the service's statements: the service combines several calls in one statement.

use std::fmt::Write as _;

/// Number of sessions that each client of pgbench uses.
const SESSIONS: usize = 4;

/// The statement of a call.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    /// The SQL, with `:session`, `:profile`, `:presented` and `:successor` for the values.
    pub(crate) sql: &'static str,
    /// The script for pgbench. One run of it stands for `calls` calls.
    pub(crate) script: String,
    /// Number of calls in one run of the script.
    pub(crate) calls: u32,
}

/// Returns the statement of `GET /api/me`.
pub(crate) fn me() -> anyhow::Result<Statements> {
    script(include_str!("../sql/me.sql"))
}

/// Returns the statement of `POST /api/token/refresh`.
pub(crate) fn refresh() -> anyhow::Result<Statements> {
    script(include_str!("../sql/refresh.sql"))
}

/// Returns a script that runs the statement for different sessions in each client. The first run
/// looks them up. Their tokens are replaced and restored, so that each statement finds its row.
fn script(sql: &'static str) -> anyhow::Result<Statements> {
    let mut script = String::from("\\if :ready = 0\n");
    for session in 0..SESSIONS {
        // The last sessions, which no refresh of the load uses.
        writeln!(
            script,
            "SELECT id AS session, profile_id AS profile, current_token AS presented, \
             sha256(current_token) AS successor FROM sessions ORDER BY id DESC \
             OFFSET :client_id * {SESSIONS} + {session} LIMIT 1 \\gset s{session}_"
        )?;
    }
    script.push_str("\\set ready 1\n\\endif\n");
    for (presented, successor) in [("presented", "successor"), ("successor", "presented")] {
        for session in 0..SESSIONS {
            let call = sql
                .replace(":session", &format!(":s{session}_session"))
                .replace(":profile", &format!(":s{session}_profile"))
                .replace(":presented", &format!(":s{session}_{presented}"))
                .replace(":successor", &format!(":s{session}_{successor}"));
            script.push_str(&call);
        }
    }
    Ok(Statements { sql, script, calls: u32::try_from(2 * SESSIONS)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_replaced_and_put_back() {
        let statements =
            script("UPDATE t SET a = :successor WHERE b = :session AND a = :presented;\n").unwrap();
        assert_eq!(statements.calls, 8);
        for update in [
            "UPDATE t SET a = :s3_successor WHERE b = :s3_session AND a = :s3_presented;",
            "UPDATE t SET a = :s3_presented WHERE b = :s3_session AND a = :s3_successor;",
        ] {
            assert!(statements.script.contains(update), "{}", statements.script);
        }
    }
}
