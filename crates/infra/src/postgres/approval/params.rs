//! Conditions of a statement in SQL, with their parameters.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::account::Role;
use sihha_domain::approval::{ApprovalState, QueueFilter};
use sihha_domain::place::Wilaya;
use uuid::Uuid;

use crate::postgres::cached_sql::CachedSql;

/// The value of a parameter.
enum Param<'a> {
    Texts(Vec<&'a str>),
    Id(Uuid),
    Time(DateTime<Utc>),
}

/// The parameters of a statement, in their order.
#[derive(Default)]
pub(super) struct Params<'a>(Vec<Param<'a>>);

impl<'a> Params<'a> {
    /// Adds an array, and returns its name in SQL.
    pub(super) fn texts(&mut self, texts: Vec<&'a str>) -> String {
        self.add(Param::Texts(texts))
    }

    /// Adds an id, and returns its name in SQL.
    pub(super) fn id(&mut self, id: Uuid) -> String {
        self.add(Param::Id(id))
    }

    /// Adds a time, and returns its name in SQL.
    pub(super) fn time(&mut self, time: DateTime<Utc>) -> String {
        self.add(Param::Time(time))
    }

    fn add(&mut self, param: Param<'a>) -> String {
        self.0.push(param);
        format!("${}", self.0.len())
    }

    /// Returns the statement with these parameters.
    pub(super) fn query<R>(self, sql: &'a str) -> CachedSql<'a, R> {
        self.0.into_iter().fold(CachedSql::new(sql), |query, param| match param {
            Param::Texts(texts) => query.bind::<Array<Text>, _>(texts),
            Param::Id(id) => query.bind::<SqlUuid, _>(id),
            Param::Time(time) => query.bind::<Timestamptz, _>(time),
        })
    }
}

/// Returns the names of the wanted states.
pub(super) fn states(filter: &QueueFilter) -> Vec<&str> {
    let states = if filter.states.is_empty() { ApprovalState::ALL } else { &filter.states };
    states.iter().map(|state| state.as_str()).collect()
}

/// Returns the names of the wanted roles.
pub(super) fn roles(filter: &QueueFilter) -> Vec<&str> {
    let roles = if filter.roles.is_empty() { &Role::ALL[..] } else { &filter.roles };
    roles.iter().filter(|role| role.needs_approval()).map(|role| role.as_str()).collect()
}

/// Returns the codes of the wanted wilayas; none if all are wanted.
pub(super) fn wilayas(filter: &QueueFilter) -> Vec<&str> {
    filter.wilayas.iter().map(Wilaya::as_str).collect()
}

/// Returns the conditions on the claim of an application, each after `AND`.
pub(super) fn claim_conditions(filter: &QueueFilter, params: &mut Params<'_>) -> String {
    let held = filter.claimed_by.as_ref().map(|(member, at)| {
        let (member, at) = (params.id(member.as_uuid()), params.time(*at));
        format!(" AND claimed_by = {member} AND claimed_until > {at}")
    });
    let free = filter
        .free_at
        .map(|at| format!(" AND (claimed_until IS NULL OR claimed_until <= {})", params.time(at)));
    held.unwrap_or_default() + &free.unwrap_or_default()
}
