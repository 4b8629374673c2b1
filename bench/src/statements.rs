//! The SQL that the service runs for one call, taken from the server's log, as a script for pgbench. So the limit is
//! always that of the very statements that are in use; there is no copy of them to grow old.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail};

use crate::accounts::{Accounts, hexadecimal, profile_id, refresh_id, session_id};
use crate::conversations::{Prepared, get, post};
use crate::load::{self, Conversation};
use crate::postgres::Postgres;
use crate::process::{Place, Process};

/// How many sessions each client of pgbench goes through.
const SESSIONS: usize = 4;

/// A statement with `$1`, `$2`, … and the values that they had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    sql: String,
    values: Vec<String>,
}

/// What a call asks of the database.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    /// Each as the log has it.
    pub(crate) sql: Vec<String>,
    /// For pgbench; one run of it is as many calls as `calls` says.
    pub(crate) script: String,
    /// Calls that one run of the script stands for.
    pub(crate) calls: u32,
}

/// What a call's values are called in the script. A session's token alternates between two.
struct Known {
    session: String,
    profile: String,
    presented: String,
    successor: String,
}

/// The statements of `GET /api/me`, and those of `POST /api/token/refresh`.
pub(crate) fn capture(
    postgres: &Postgres,
    binary: &Path,
    accounts: &Accounts,
) -> anyhow::Result<(Statements, Statements)> {
    // A setting that comes with the connection wins over the server's own.
    let url = postgres.url(&accounts.database);
    let settings = ["log_statement=all", "log_parameter_max_length=-1", "log_error_verbosity=default"];
    let logging = settings.map(|setting| format!("-c%20{}", setting.replace('=', "%3D"))).join("%20");
    let service =
        Process::service(binary, &Place::Url(url.replace("options=", &format!("options={logging}"))))?;
    // The last one, whom no refresh of the load touches.
    let number = accounts.count - 1;
    let mut me = Prepared::new(vec![get("/api/me", &accounts.access(number)?)], &[200]);
    let me = statements_of(postgres, &service, number, &mut me)?;
    let body = format!(r#"{{"refresh":"{}"}}"#, accounts.refresh(number)?);
    let mut refresh = Prepared::new(vec![post("/api/token/refresh", &body)], &[200]);
    let refresh = statements_of(postgres, &service, number, &mut refresh)?;
    service.stop()?;
    Ok((me, refresh))
}

fn statements_of(
    postgres: &Postgres,
    service: &Process,
    number: u64,
    call: &mut dyn Conversation,
) -> anyhow::Result<Statements> {
    let log = postgres.logged(|| load::once(service.address, call).map(|_| ()))?;
    let statements = parse(&log);
    if statements.is_empty() {
        bail!("the server's log shows no statement for a call that asks the database:\n{log}");
    }
    let token = refresh_id(number)?;
    let known = Known {
        session: session_id(number).to_string(),
        profile: profile_id(number).to_string(),
        presented: format!("\\x{}", hexadecimal(token.digest().as_bytes())),
        successor: format!("\\x{}", hexadecimal(token.successor().digest().as_bytes())),
    };
    script(&statements, &known)
}

/// A script that runs the statements for some sessions of each client's own, which it looks up when it runs first. Their
/// tokens are replaced and put back, so that each statement finds what it looks for.
fn script(statements: &[Statement], known: &Known) -> anyhow::Result<Statements> {
    let mut head = String::from("\\if :ready = 0\n");
    for session in 1..=SESSIONS {
        let _ = writeln!(
            head,
            "SELECT *, ARRAY[session] AS sessions, ARRAY[profile] AS profiles, ARRAY[presented] AS presenteds, \
             ARRAY[successor] AS successors FROM (SELECT id AS session, profile_id AS profile, \
             current_token AS presented, sha256(current_token) AS successor FROM sessions) AS known \
             ORDER BY session DESC OFFSET 1 + :client_id * {SESSIONS} + {} LIMIT 1 \\gset s{session}_",
            session - 1
        );
    }
    head.push_str("\\set ready 1\n\\endif\n");

    let mut constants = String::new();
    let mut calls = String::new();
    for (presented, successor) in [("presented", "successor"), ("successor", "presented")] {
        for session in 1..=SESSIONS {
            for (index, statement) in statements.iter().enumerate() {
                let name = |parameter: usize, value: &str| match value {
                    value if value == known.session => format!(":s{session}_session"),
                    value if value == known.profile => format!(":s{session}_profile"),
                    value if value == known.presented => format!(":s{session}_{presented}"),
                    value if value == known.successor => format!(":s{session}_{successor}"),
                    value if value == array(&known.session) => format!(":s{session}_sessions"),
                    value if value == array(&known.profile) => format!(":s{session}_profiles"),
                    value if value == array(&known.presented) => format!(":s{session}_{presented}s"),
                    value if value == array(&known.successor) => format!(":s{session}_{successor}s"),
                    _ => format!(":c{index}_{parameter}"),
                };
                let _ = writeln!(calls, "{};", named(&statement.sql, &statement.values, name)?);
            }
        }
    }
    for (index, statement) in statements.iter().enumerate() {
        for (parameter, value) in statement.values.iter().enumerate() {
            let quoted = value.replace('\'', "''");
            let _ = writeln!(constants, "SELECT '{quoted}' AS c{index}_{} \\gset", parameter + 1);
        }
    }
    let script = head.replacen("\\set ready", &format!("{constants}\\set ready"), 1) + &calls;
    if !calls.contains("_session") {
        bail!(
            "the statements of a call do not look for its session, so they cannot be run for other sessions"
        );
    }
    let sql = statements.iter().map(|statement| statement.sql.clone()).collect();
    Ok(Statements { sql, script, calls: u32::try_from(2 * SESSIONS)? })
}

/// An array of one value, as Postgres writes it: the service asks for many calls in one statement.
fn array(value: &str) -> String {
    if value.contains('\\') {
        format!(r#"{{"{}"}}"#, value.replace('\\', r"\\"))
    } else {
        format!("{{{value}}}")
    }
}

/// `sql` with a name in the place of each `$1`, `$2`, …
fn named(sql: &str, values: &[String], name: impl Fn(usize, &str) -> String) -> anyhow::Result<String> {
    let mut parts = sql.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let number: usize = number.parse().with_context(|| format!("a $ that is no parameter: {sql}"))?;
        let value = number.checked_sub(1).and_then(|index| values.get(index));
        out.push_str(&name(number, value.with_context(|| format!("a parameter without a value: {sql}"))?));
        out.push_str(rest);
    }
    Ok(out)
}

/// The statements in the server's log, in the order in which they ran.
fn parse(log: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    // An entry goes on in lines that begin with a tab.
    for entry in log.replace("\n\t", "\n ").split("\n20") {
        if let Some((_, text)) = entry.split_once("LOG:  statement: ") {
            found.push(Statement { sql: trimmed(text), values: Vec::new() });
        } else if let Some((_, text)) = entry.split_once("LOG:  execute ") {
            let sql = text.split_once(": ").map_or(text, |(_, sql)| sql);
            found.push(Statement { sql: trimmed(sql), values: Vec::new() });
        } else if let (Some((_, text)), Some(last)) =
            (entry.split_once("DETAIL:  parameters: "), found.last_mut())
        {
            last.values = values(text.trim());
        }
    }
    // What a connection does when it opens is not of the call.
    found.retain(|statement| !statement.sql.starts_with("SET "));
    found
}

fn trimmed(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(';').to_owned()
}

/// `$1 = 'one', $2 = 'it''s two'`
fn values(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(" = '") {
        let mut value = String::new();
        let mut chars = after.char_indices().peekable();
        let mut end = after.len();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                value.push(c);
            } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                end = at + 1;
                break;
            }
        }
        values.push(value);
        rest = after.get(end..).unwrap_or_default();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2026-11-23 10:00:00.000 UTC [7] LOG:  statement: SET lock_timeout = '5s'; SET x = 1
2026-11-23 10:00:00.001 UTC [7] LOG:  statement: BEGIN
2026-11-23 10:00:00.002 UTC [7] LOG:  execute __diesel_stmt_0: \n\t    UPDATE sessions SET used_at = $2
\t    WHERE id = $1 OR id = $1
2026-11-23 10:00:00.002 UTC [7] DETAIL:  parameters: $1 = 'the session', $2 = 'it''s late'
2026-11-23 10:00:00.003 UTC [7] LOG:  statement: COMMIT
";

    #[test]
    fn statements_are_read_from_the_log_with_their_values() {
        let statement = |sql: &str, values: &[&str]| Statement {
            sql: sql.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let update = "UPDATE sessions SET used_at = $2 WHERE id = $1 OR id = $1";
        let expected = [
            statement("BEGIN", &[]),
            statement(update, &["the session", "it's late"]),
            statement("COMMIT", &[]),
        ];
        assert_eq!(parse(LOG), expected);
    }

    #[test]
    fn an_array_of_one_is_written_as_the_log_has_it() {
        assert_eq!(array("0198-ab"), "{0198-ab}");
        assert_eq!(array(r"\xab"), r#"{"\\xab"}"#);
    }

    #[test]
    fn the_script_runs_them_for_other_sessions() {
        let known = Known {
            session: "the session".to_owned(),
            profile: "the profile".to_owned(),
            presented: "one".to_owned(),
            successor: "two".to_owned(),
        };
        let statements = script(&parse(LOG), &known).unwrap();
        let update = "BEGIN;\nUPDATE sessions SET used_at = :c1_2 WHERE id = :s4_session OR id = :s4_session;\nCOMMIT;\n";
        assert!(statements.script.contains(update), "{}", statements.script);
        assert!(statements.script.contains("SELECT 'it''s late' AS c1_2 \\gset"), "{}", statements.script);
        let nobody = Known { session: String::new(), ..known };
        assert!(script(&parse(LOG), &nobody).is_err());
    }
}
