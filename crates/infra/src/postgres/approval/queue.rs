//! Pages and counts of the queue.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use sihha_domain::approval::{QueueCursor, QueueFilter};
use uuid::Uuid;

use super::params::{Params, claim_conditions, roles, states, wilayas};
use crate::postgres::libpq::PqConnection;

/// Returns the ids of a page, in its order.
pub(super) fn page(
    pg: &mut PqConnection,
    filter: &QueueFilter,
    after: Option<QueueCursor>,
    limit: u32,
) -> QueryResult<Vec<Uuid>> {
    let mut params = Params::default();
    let conditions = claim_conditions(filter, &mut params) + &after_cursor(after, &mut params);
    let sql = if filter.claimed_by.is_some() {
        claimed(filter, &conditions, limit, &mut params)
    } else {
        merged(filter, &conditions, limit, &mut params)
    };
    let query = params.query::<SqlUuid>(&sql);
    pg.transaction(|pg| {
        // A range of average size can seem cheaper to sort than to read in order, and a large one is not.
        pg.batch_execute("SET LOCAL enable_sort = off")?;
        query.load(pg)
    })
}

/// Returns the statement for the applications that a member of staff holds, which are few.
fn claimed<'a>(filter: &'a QueueFilter, conditions: &str, limit: u32, params: &mut Params<'a>) -> String {
    let conditions = wanted(filter, params) + conditions;
    format!(
        "SELECT profile_id FROM approvals WHERE {conditions} ORDER BY submitted_at, profile_id LIMIT {limit}"
    )
}

/// Returns the statement that merges the beginnings of ranges of an index: one range for each state, role
/// and, if there are some, wilaya. The index has each range in the order of the queue, so the work does
/// not depend on the number of applications.
///
/// The indexes compare roles in the collation "C". The limit is no parameter: Postgres would plan for a
/// tenth of a range.
fn merged<'a>(filter: &'a QueueFilter, conditions: &str, limit: u32, params: &mut Params<'a>) -> String {
    let (states, roles) = (params.texts(states(filter)), params.texts(roles(filter)));
    let (wilayas, of_wilaya) = if filter.wilayas.is_empty() {
        (String::new(), "")
    } else {
        let wilayas = params.texts(wilayas(filter));
        let ranges = format!(" CROSS JOIN unnest({wilayas}) AS of_wilaya (wilaya)");
        (ranges, " AND approvals.wilaya = of_wilaya.wilaya")
    };
    format!(
        "SELECT queued.profile_id
        FROM unnest({states}) AS of_state (state) CROSS JOIN unnest({roles}) AS of_role (role){wilayas}
        CROSS JOIN LATERAL (
            SELECT profile_id, submitted_at FROM approvals
            WHERE application_state = of_state.state AND approvals.role COLLATE \"C\" = of_role.role
                {of_wilaya}{conditions}
            ORDER BY submitted_at, profile_id LIMIT {limit}
        ) AS queued ORDER BY queued.submitted_at, queued.profile_id LIMIT {limit}"
    )
}

fn after_cursor(after: Option<QueueCursor>, params: &mut Params<'_>) -> String {
    let Some(QueueCursor { submitted_at, id }) = after else { return String::new() };
    let (submitted_at, id) = (params.time(submitted_at), params.id(id.as_uuid()));
    format!(" AND (submitted_at, profile_id) > ({submitted_at}, {id})")
}

/// Returns the conditions on state, role and wilaya.
pub(super) fn wanted<'a>(filter: &'a QueueFilter, params: &mut Params<'a>) -> String {
    let (states, roles) = (params.texts(states(filter)), params.texts(roles(filter)));
    let in_wilaya = if filter.wilayas.is_empty() {
        String::new()
    } else {
        format!(" AND wilaya = ANY ({})", params.texts(wilayas(filter)))
    };
    format!("application_state = ANY ({states}) AND role COLLATE \"C\" = ANY ({roles}){in_wilaya}")
}

/// Returns the number of applications in each state that has some.
pub(super) fn count(pg: &mut PqConnection, filter: &QueueFilter) -> QueryResult<Vec<(Option<String>, i64)>> {
    let mut params = Params::default();
    let conditions = wanted(filter, &mut params) + &claim_conditions(filter, &mut params);
    let sql = format!(
        "SELECT application_state, count(*) FROM approvals WHERE {conditions} GROUP BY application_state"
    );
    params.query::<(Nullable<Text>, BigInt)>(&sql).load(pg)
}
