//! The SQL of one call by itself, as a script for pgbench. It is what a call needs at least, with no other beside it, and
//! so no copy of what the service runs: the service asks for several calls in one statement.

use std::fmt::Write as _;

/// How many sessions each client of pgbench goes through.
const SESSIONS: usize = 4;

/// What a call asks of the database.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    /// With `:session`, `:profile`, `:presented` and `:successor` for its values.
    pub(crate) sql: &'static str,
    /// For pgbench; one run of it is as many calls as `calls` says.
    pub(crate) script: String,
    /// Calls that one run of the script stands for.
    pub(crate) calls: u32,
}

/// The statement of `GET /api/me`.
pub(crate) fn me() -> anyhow::Result<Statements> {
    script(include_str!("../sql/me.sql"))
}

/// The statement of `POST /api/token/refresh`.
pub(crate) fn refresh() -> anyhow::Result<Statements> {
    script(include_str!("../sql/refresh.sql"))
}

/// A script that runs the statement for some sessions of each client's own, which it looks up when it runs first. Their
/// tokens are replaced and put back, so that each statement finds what it looks for.
fn script(sql: &'static str) -> anyhow::Result<Statements> {
    let mut script = String::from("\\if :ready = 0\n");
    for session in 0..SESSIONS {
        // The last of all, whom no refresh of the load touches.
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
