//! The queue of staff: how long its calls take among many accounts.

use std::time::Instant;

use anyhow::Context;
use sihha_domain::account::{AccountRef, Role};
use sihha_domain::approval::{Application, ApprovalState, QueueCursor, QueueFilter};
use sihha_domain::clock::Clock;
use sihha_domain::ids::StaffId;
use sihha_domain::place::Wilaya;
use sihha_domain::search::{AccountState, SearchFilter, SearchQuery};
use sihha_domain::staff::{Actor, Scope, StaffCaller, StaffRole};
use sihha_domain::staff_name::StaffName;
use sihha_domain::use_cases::{Settings, UseCases};
use sihha_infra::postgres::Database;
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_infra::tools;

use crate::applications;
use crate::fixture::new_database;
use crate::names::name;
use crate::options::QueueOptions;
use crate::postgres::Postgres;
use crate::report::note;

/// Number of calls of each kind.
const CALLS: usize = 500;

/// Number of calls that ask all applications.
const COUNTS: usize = 50;

/// Number of applications in a page.
const PAGE: u32 = 50;

/// Loads accounts and applications, and reports the times of calls by an admin and by a reviewer.
pub(crate) fn run(options: &QueueOptions) -> anyhow::Result<()> {
    let postgres = Postgres::start()?;
    new_database(&postgres, &options.common.binary()?, "queue", options.accounts)?;
    applications::load(&postgres, "queue", options.applications, SystemClock.now())?;
    let ports = tools::ports(&Database::parse(&postgres.url("queue"))?);
    let use_cases = UseCases::new(ports, Settings::DEFAULT);
    note(&format!("{} accounts, {} pending applications", options.accounts, options.applications))?;
    pages(&use_cases)?;
    searches(&use_cases)?;
    figures(&use_cases)?;
    single(&use_cases)
}

fn staff(role: StaffRole, wilayas: &[&str]) -> anyhow::Result<StaffCaller> {
    let id = Some(StaffId::generate(SystemClock.now(), &SystemRandomness));
    let wilayas = wilayas.iter().map(|code| Wilaya::parse(code)).collect::<Result<_, _>>()?;
    Ok(StaffCaller {
        actor: Actor { id, name: StaffName::parse("Leïla Mansouri")?, directorate: None },
        role,
        scope: Scope { wilayas, applicant_roles: Vec::new() },
    })
}

fn pages(use_cases: &UseCases) -> anyhow::Result<()> {
    let admin = staff(StaffRole::Admin, &[])?;
    let all = QueueFilter::default();
    let pending = QueueFilter { states: vec![ApprovalState::Pending], ..all.clone() };
    let doctors = QueueFilter { roles: vec![Role::Doctor], ..pending.clone() };
    let wilaya = QueueFilter { wilayas: vec![Wilaya::parse("31")?], ..pending.clone() };
    let wilayas = Wilaya::codes().iter().map(|code| Wilaya::parse(code)).collect::<Result<_, _>>()?;
    let all_wilayas = QueueFilter { wilayas, ..all.clone() };
    for (title, filter, same) in [
        ("pending", &pending, &pending),
        ("any state", &all, &all),
        ("pending, doctors", &doctors, &doctors),
        ("pending, wilaya 31", &wilaya, &wilaya),
        // Every application has a wilaya, so this filter finds all.
        ("any state, each of 69 wilayas", &all_wilayas, &all),
    ] {
        let positions = positions(use_cases, &admin, same)?;
        let middle = positions.get(positions.len() / 2).copied();
        let last = positions.iter().rev().nth(PAGE as usize).copied();
        for (place, after) in [("first", None), ("middle", middle), ("last", last)] {
            measure(&format!("page, {title}, {place}"), CALLS, || {
                Ok(use_cases.read_queue.page(&admin, filter, after, PAGE)?.len())
            })?;
        }
    }
    let reviewer = staff(StaffRole::Reviewer, &["31", "16"])?;
    measure("page, pending, a reviewer of two wilayas", CALLS, || {
        Ok(use_cases.read_queue.page(&reviewer, &pending, None, PAGE)?.len())
    })
}

/// Returns the position after each application.
fn positions(
    use_cases: &UseCases,
    caller: &StaffCaller,
    filter: &QueueFilter,
) -> anyhow::Result<Vec<QueueCursor>> {
    let mut positions: Vec<QueueCursor> = Vec::new();
    loop {
        let page = use_cases.read_queue.page(caller, filter, positions.last().copied(), 1000)?;
        if page.is_empty() {
            return Ok(positions);
        }
        positions.extend(page.iter().map(QueueCursor::after));
    }
}

fn searches(use_cases: &UseCases) -> anyhow::Result<()> {
    let common = name(0);
    let roles = vec![Role::Doctor, Role::Hospital, Role::Labo];
    let filter = SearchFilter { roles, state: Some(AccountState::Pending), wilayas: Vec::new() };
    let wilayas = ["31", "16"].iter().map(|code| Wilaya::parse(code)).collect::<Result<_, _>>()?;
    let of_wilayas = SearchFilter { wilayas, ..filter.clone() };
    for query in ["Mohamed", "محمد", "applicant12@", "0600000123", &*format!("{} {}", common.0, common.1)]
    {
        let parsed = SearchQuery::parse(query);
        for (title, filter) in [("", &filter), (", two wilayas", &of_wilayas)] {
            measure(&format!("search {query}, pending{title}"), CALLS, || {
                Ok(use_cases.search_accounts.run(&parsed, filter, None, PAGE)?.len())
            })?;
        }
    }
    Ok(())
}

fn figures(use_cases: &UseCases) -> anyhow::Result<()> {
    let (admin, reviewer) = (staff(StaffRole::Admin, &[])?, staff(StaffRole::Reviewer, &["31", "16"])?);
    let all = QueueFilter::default();
    for (title, caller) in [("admin", &admin), ("reviewer of two wilayas", &reviewer)] {
        measure(&format!("counts, {title}"), COUNTS, || {
            Ok(use_cases.read_queue.counts(caller, &all)?.len())
        })?;
        let since = SystemClock.now() - chrono::TimeDelta::days(30);
        measure(&format!("figures of 30 days, {title}"), COUNTS, || {
            Ok(use_cases.read_queue.stats(caller, &all, since)?.days.len())
        })?;
    }
    Ok(())
}

fn single(use_cases: &UseCases) -> anyhow::Result<()> {
    let reviewer = staff(StaffRole::Reviewer, &["31", "16"])?;
    let pending = QueueFilter { states: vec![ApprovalState::Pending], ..QueueFilter::default() };
    let first: Vec<Application> = use_cases.read_queue.page(&reviewer, &pending, None, PAGE)?;
    let mut numbers = (0..first.len()).cycle();
    measure("one application", CALLS, || {
        let application = &first[numbers.next().context("the queue is empty")?];
        let account = AccountRef::Id(application.account.id);
        Ok(use_cases.read_application.run(&reviewer, &account)?.events.len())
    })?;
    measure("next", CALLS, || Ok(usize::from(use_cases.claim.next(&reviewer, &pending, None)?.is_some())))
}

/// Reports the time of one call, and what the last one found.
fn measure(title: &str, calls: usize, mut call: impl FnMut() -> anyhow::Result<usize>) -> anyhow::Result<()> {
    let mut times = Vec::with_capacity(calls);
    let mut found = 0;
    for _ in 0..calls {
        let started = Instant::now();
        found = call()?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let (median, p99) = (times[calls / 2], times[calls * 99 / 100]);
    note(&format!("{title}: {found} found, median {median:.1} ms, p99 {p99:.1} ms"))
}
