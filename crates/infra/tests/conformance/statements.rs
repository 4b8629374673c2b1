//! Every statement of the store names the accounts whose rows it uses, so that a distributed
//! database asks only their shards (rules S1 and S11 of the project's rules for statements).

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use sqlparser::ast::{
    BinaryOperator, Expr, FromTable, JoinConstraint, JoinOperator, Query, SetExpr, Statement, TableFactor,
    TableWithJoins, UpdateTableFromKind, Value, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// Tables whose rows belong to no account.
const OTHER_TABLES: [&str; 9] = [
    "__diesel_schema_migrations",
    "blocked_legacy_tokens",
    "identifiers",
    "mail_requests",
    "network_failures",
    "rate_limits",
    "signing_keys",
    "specialites",
    "throttles",
];

/// Parts of the statements that ask for all accounts: lists for staff, and background work.
const LISTS: [&str; 26] = [
    // The queue of staff: pages of all applications and of those that a member holds, counts and figures.
    "AS queued ORDER BY queued.submitted_at, queued.profile_id LIMIT",
    "ORDER BY submitted_at, profile_id LIMIT",
    "SELECT application_state, count(*) FROM approvals",
    "FROM application_events AS event JOIN approvals",
    // Held decisions that are due, and applications whose possible duplicates are to be counted.
    r#"ORDER BY "approvals"."effective_at" LIMIT"#,
    r#"ORDER BY "approvals"."submitted_at", "approvals"."profile_id" LIMIT"#,
    // A request for the next application names no account.
    r#"ORDER BY "idempotency_records"."recorded_at" DESC LIMIT"#,
    // Pages of accounts.
    r#"WHERE ("profiles"."id" > $1) ORDER BY "profiles"."id" LIMIT"#,
    "FROM sessions WHERE ended_at IS NULL AND expires_on < $1 ORDER BY expires_on LIMIT",
    "FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT",
    // Staff, their admins, and their expired sessions.
    r#""staff"."id" > $1) ORDER BY "staff"."id" LIMIT"#,
    r#"("staff"."disabled_at" IS NULL)) ORDER BY "staff"."id""#,
    r#"ORDER BY "staff_sessions"."expires_at" LIMIT"#,
    // Sessions restored from a backup.
    r#"ORDER BY "sessions"."profile_id", "sessions"."id" LIMIT"#,
    r#"ORDER BY "idempotency_records"."recorded_at" LIMIT"#,
    r#"ORDER BY "staff_requests"."recorded_at" LIMIT"#,
    // Rotations of several accounts, which a distributed database does not get (`--batch-size 1`).
    "WHERE sessions.id = session AND sessions.profile_id = owner AND ended_at IS NULL",
    // Messages that are due, those that operators list, find and retry, and old ones; expired tokens of mails,
    // and old devices.
    r#"ORDER BY "outbox"."next_attempt_at" LIMIT"#,
    r#"ORDER BY "outbox"."id""#,
    r#"FROM "outbox" WHERE ("outbox"."id" = $1)"#,
    r#"ORDER BY "outbox"."finished_at" LIMIT"#,
    r#"ORDER BY "mail_tokens"."expires_at" LIMIT"#,
    r#"ORDER BY "devices"."seen_at" LIMIT"#,
    // The search of staff, and their list of accounts.
    "FROM search_keys WHERE",
    " AS listed ",
    // At the start: has a missing key signed tokens of live sessions?
    r#""sessions"."used_at" BETWEEN"#,
];

static RECORDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Records every statement that a connection prepares from now on.
pub(crate) fn record() {
    set_default_instrumentation(|| Some(Box::new(note))).unwrap();
}

#[expect(clippy::needless_pass_by_value, reason = "Diesel's trait takes a value")]
fn note(event: InstrumentationEvent<'_>) {
    if let InstrumentationEvent::CacheQuery { sql, .. } = event {
        RECORDED.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned());
    }
}

/// Checks the recorded statements.
pub(crate) fn check() {
    let recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(recorded.len() > 30, "{} statements were recorded", recorded.len());
    // Diesel does not cache a statement with SQL of its own in it, and says nothing.
    for part in [r#"INSERT INTO "identifiers""#, "INSERT INTO throttles", "FROM network_failures"] {
        assert!(recorded.iter().any(|sql| sql.contains(part)), "{part} is prepared each time");
    }
    let faults: Vec<String> = recorded.iter().filter_map(|sql| fault(sql)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

fn fault(sql: &str) -> Option<String> {
    if LISTS.iter().any(|part| sql.contains(part)) {
        return None;
    }
    // The parser does not know all locks of rows.
    let known = sql.replace("FOR NO KEY UPDATE", "FOR UPDATE").replace("FOR KEY SHARE", "FOR SHARE");
    let statements = match Parser::parse_sql(&PostgreSqlDialect {}, &known) {
        Ok(statements) => statements,
        Err(error) => return Some(format!("{sql}\n  cannot be parsed: {error}")),
    };
    let mut levels = Levels::default();
    let _ = statements.visit(&mut levels);
    let open = levels.levels.into_iter().find(|level| !level.names_accounts())?;
    Some(format!("{sql}\n  does not name the accounts of {:?}", open.tables))
}

/// One `SELECT`, `UPDATE` or `DELETE`, without its subqueries.
#[derive(Default)]
struct Level {
    /// Names of the subqueries of `WITH`.
    subqueries: BTreeSet<String>,
    /// Names of the account tables in this level, as the conditions write them.
    tables: Vec<String>,
    /// Tables whose account is one parameter, and whose accounts are a list of parameters.
    one: Vec<String>,
    list: Vec<String>,
}

impl Level {
    /// With one account, joined tables inherit the condition. A list is repeated on each table, except
    /// on the one that is joined to the list itself.
    fn names_accounts(&self) -> bool {
        let is_named = |table: &String| self.list.contains(table) || *table == "sessions";
        !self.one.is_empty()
            || self.tables.is_empty()
            || !self.list.is_empty() && self.tables.iter().all(is_named)
    }

    fn add_tables(&mut self, tables: &[TableWithJoins]) {
        for table in tables {
            self.add_table(&table.relation);
            for join in &table.joins {
                self.add_table(&join.relation);
                if let JoinOperator::Join(JoinConstraint::On(on))
                | JoinOperator::Inner(JoinConstraint::On(on))
                | JoinOperator::Left(JoinConstraint::On(on))
                | JoinOperator::LeftOuter(JoinConstraint::On(on)) = &join.join_operator
                {
                    self.add_condition(on);
                }
            }
        }
    }

    fn add_table(&mut self, table: &TableFactor) {
        match table {
            TableFactor::Table { name, alias, args: None, .. } => {
                let name = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone());
                let Some(name) = name.filter(|name| self.is_of_accounts(name)) else { return };
                self.tables.push(alias.as_ref().map_or(name, |alias| alias.name.value.clone()));
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.add_tables(std::slice::from_ref(table_with_joins));
            }
            _ => {}
        }
    }

    fn is_of_accounts(&self, table: &str) -> bool {
        !OTHER_TABLES.contains(&table) && !self.subqueries.contains(table)
    }

    fn add_condition(&mut self, condition: &Expr) {
        match condition {
            Expr::Nested(inner) => self.add_condition(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.add_condition(left);
                self.add_condition(right);
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if is_parameter(right) => {
                if let Some(table) = self.table_of_key(left) {
                    self.one.push(table);
                }
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } if is_parameter(right) => {
                if let Some(table) = self.table_of_key(left) {
                    self.list.push(table);
                }
            }
            _ => {}
        }
    }

    /// Returns the table whose key `column` is. A column without a table is of the only one.
    fn table_of_key(&self, column: &Expr) -> Option<String> {
        let (table, column) = match column {
            Expr::Identifier(column) => (self.tables.first()?.clone(), &column.value),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => (table.value.clone(), &column.value),
                _ => return None,
            },
            _ => return None,
        };
        let key = match table.as_str() {
            "profiles" | "staff" => "id",
            table if table.starts_with("staff_") => "staff_id",
            _ => "profile_id",
        };
        (column == key && self.tables.contains(&table)).then_some(table)
    }
}

fn is_parameter(value: &Expr) -> bool {
    match value {
        Expr::Nested(inner) => is_parameter(inner),
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        _ => false,
    }
}

/// All levels of a statement.
#[derive(Default)]
struct Levels {
    levels: Vec<Level>,
    subqueries: BTreeSet<String>,
}

impl Levels {
    fn level(&self) -> Level {
        Level { subqueries: self.subqueries.clone(), ..Level::default() }
    }
}

impl Visitor for Levels {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let subqueries = query.with.iter().flat_map(|with| &with.cte_tables);
        self.subqueries.extend(subqueries.map(|subquery| subquery.alias.name.value.clone()));
        if let SetExpr::Select(select) = &*query.body {
            let mut level = self.level();
            level.add_tables(&select.from);
            if let Some(condition) = &select.selection {
                level.add_condition(condition);
            }
            self.levels.push(level);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let mut level = self.level();
        let condition = match statement {
            Statement::Update(update) => {
                level.add_tables(std::slice::from_ref(&update.table));
                if let Some(UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from)) =
                    &update.from
                {
                    level.add_tables(from);
                }
                &update.selection
            }
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                level.add_tables(from);
                if let Some(using) = &delete.using {
                    level.add_tables(using);
                }
                &delete.selection
            }
            _ => return ControlFlow::Continue(()),
        };
        if let Some(condition) = condition {
            level.add_condition(condition);
        }
        self.levels.push(level);
        ControlFlow::Continue(())
    }
}
