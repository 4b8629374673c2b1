//! Figures about the review of applications.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text, Uuid as SqlUuid};
use sihha_domain::approval::{ApprovalState, QueueFilter, ReviewStats, ReviewedDay, ReviewerCount};
use sihha_domain::clock::ALGERIA_UTC_OFFSET;
use sihha_domain::ids::StaffId;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::params::{Params, claim_conditions};
use super::queue::{self, wanted};
use crate::postgres::errors::inconsistent;
use crate::postgres::libpq::PqConnection;
use crate::postgres::schema::approvals;
use crate::postgres::store_connection::StoreConnection;

/// States in which an application waits for a decision of staff.
const WAITING: [ApprovalState; 2] = [ApprovalState::Pending, ApprovalState::ChangesPending];

/// Groups of decisions, as `GROUPING` numbers them.
const OF_A_DAY: i32 = 0b01;
const OF_A_REVIEWER: i32 = 0b10;

/// A group of decisions: its number, its day and kind, or its reviewer, the number of decisions, and the
/// median time to them in microseconds.
type GroupRow = (i32, Option<NaiveDate>, Option<String>, Option<Uuid>, i64, Option<i64>);

/// Returns the figures. Reads the events since `since` by their time.
pub(super) fn read(
    connection: &mut StoreConnection,
    filter: &QueueFilter,
    since: DateTime<Utc>,
) -> Result<ReviewStats, StoreError> {
    let mut stats = ReviewStats {
        oldest_pending_at: connection.run(|pg| oldest_pending_at(pg, filter))?,
        ..ReviewStats::default()
    };
    let mut days = BTreeMap::new();
    for (group, day, kind, reviewer, number, median) in connection.run(|pg| groups(pg, filter, since))? {
        let number = u64::try_from(number).unwrap_or(0);
        match (group, day, kind, reviewer) {
            (OF_A_DAY, Some(date), Some(kind), _) => {
                let none = ReviewedDay { date, approved: 0, rejected: 0, changes_requested: 0 };
                *of_kind(days.entry(date).or_insert(none), &kind)? += number;
            }
            (OF_A_REVIEWER, _, _, Some(id)) => {
                stats.reviewers.push(ReviewerCount { id: StaffId::from_uuid(id), decided: number });
            }
            // A decision at the terminal.
            (OF_A_REVIEWER, ..) => {}
            _ => stats.median_to_decision = median.map(TimeDelta::microseconds),
        }
    }
    stats.days = days.into_values().collect();
    stats.reviewers.sort_unstable_by_key(|count| (std::cmp::Reverse(count.decided), count.id));
    Ok(stats)
}

fn of_kind<'a>(day: &'a mut ReviewedDay, kind: &str) -> Result<&'a mut u64, StoreError> {
    match kind {
        "approved" | "changes_accepted" => Ok(&mut day.approved),
        "rejected" | "changes_refused" => Ok(&mut day.rejected),
        "changes_requested" => Ok(&mut day.changes_requested),
        _ => Err(inconsistent("application_events", "kind")),
    }
}

fn oldest_pending_at(pg: &mut PqConnection, filter: &QueueFilter) -> QueryResult<Option<DateTime<Utc>>> {
    let is_wanted = |state: &ApprovalState| filter.states.is_empty() || filter.states.contains(state);
    let states: Vec<_> = WAITING.into_iter().filter(is_wanted).collect();
    if states.is_empty() {
        return Ok(None);
    }
    let Some(id) = queue::page(pg, &QueueFilter { states, ..filter.clone() }, None, 1)?.pop() else {
        return Ok(None);
    };
    let submitted_at = approvals::table.find(id).select(approvals::submitted_at);
    Ok(submitted_at.first::<Option<DateTime<Utc>>>(pg).optional()?.flatten())
}

/// Returns the decisions since `since` that were not undone, by day and kind, by reviewer, and all.
///
/// The event after an undone decision says so. The last submission is almost always before the decision;
/// otherwise the history has the one before.
fn groups(pg: &mut PqConnection, filter: &QueueFilter, since: DateTime<Utc>) -> QueryResult<Vec<GroupRow>> {
    let mut params = Params::default();
    let conditions = wanted(filter, &mut params) + &claim_conditions(filter, &mut params);
    let since = params.time(since);
    let sql = format!(
        "SELECT GROUPING(day, actor_id), day, kind, actor_id, count(*),
            (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM at - submitted) * 1000000))::bigint
        FROM (
            SELECT event.at, event.kind, event.actor_id,
                (event.at AT TIME ZONE 'UTC' + interval '{ALGERIA_UTC_OFFSET} seconds')::date AS day,
                lead(event.kind) OVER (PARTITION BY event.profile_id ORDER BY event.at, event.id) AS next,
                CASE WHEN greatest(submitted_at, resubmitted_at) <= event.at
                    THEN greatest(submitted_at, resubmitted_at)
                    ELSE coalesce(
                        (SELECT max(earlier.at) FROM application_events AS earlier
                            WHERE earlier.profile_id = event.profile_id AND earlier.at <= event.at
                                AND earlier.kind IN ('resubmitted', 'changes_submitted')),
                        (SELECT registered_at FROM profiles WHERE id = event.profile_id))
                END AS submitted
            FROM application_events AS event JOIN approvals ON approvals.profile_id = event.profile_id
            WHERE event.at >= {since} AND {conditions}
                AND event.kind NOT IN ('resubmitted', 'changes_submitted', 'taken_over')
        ) AS decided
        WHERE next IS DISTINCT FROM 'undone' AND kind NOT IN ('undone', 'reopened')
        GROUP BY GROUPING SETS ((day, kind), (actor_id), ())"
    );
    params
        .query::<(Integer, Nullable<Date>, Nullable<Text>, Nullable<SqlUuid>, BigInt, Nullable<BigInt>)>(&sql)
        .load(pg)
}
