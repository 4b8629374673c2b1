//! What a search reads of a large database.

use diesel::connection::SimpleConnection;
use sihha_domain::account::Role;
use sihha_domain::place::Wilaya;
use sihha_domain::search::{AccountState, SearchFilter, SearchQuery, SearchTerms};
use sihha_domain::use_cases::{Settings, UseCases};
use sihha_infra::tools;
use sihha_tests::TestDatabase;

/// Tables with a row for each of the accounts.
const LARGE: &str = "('profiles', 'patients', 'identifiers', 'search_keys')";

/// Returns a database with 20,000 patients, a quarter of which is called Mohamed Haddad.
fn database_of_many() -> TestDatabase {
    let terms = |name: &str| {
        let mut terms = SearchTerms::names(&[name]);
        terms.push(SearchTerms::role(Role::Patient));
        let sample = terms.iter().map(|term| SearchTerms::in_sample(term)).collect::<Vec<_>>();
        (terms.join(","), sample.join(","))
    };
    let (common, common_sample) = terms("Mohamed Haddad");
    let (other, other_sample) = terms("Amina Zeroual");
    let database = TestDatabase::new();
    database
        .run(|pg| {
            pg.batch_execute(&format!(
                "BEGIN;
                CREATE TEMPORARY TABLE many ON COMMIT DROP AS
                    SELECT n, ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
                    FROM generate_series(1, 20000) AS n;
                INSERT INTO identifiers (system, value_key, profile_id, claimed_at)
                    SELECT 'email', 'p' || n || '@example.com', id, now() FROM many
                    UNION ALL SELECT 'carte_id', '1234' || n, id, now() FROM many;
                INSERT INTO profiles (id, role, patient_role, email, carte_id, registered_at)
                    SELECT id, 'user', 'user', 'p' || n || '@example.com', '1234' || n, now() FROM many;
                INSERT INTO patients (profile_id, first_name, last_name)
                    SELECT id, 'Mohamed', 'Haddad' FROM many;
                INSERT INTO search_keys (profile_id, terms) SELECT id,
                    CASE n % 4 WHEN 0 THEN '{{{common}}}'::text[] ELSE '{{{other}}}' END
                    || CASE WHEN n % 64 > 0 THEN '{{}}'::text[] WHEN n % 4 = 0 THEN '{{{common_sample}}}' ELSE '{{{other_sample}}}' END
                    FROM many;
                COMMIT; ANALYZE"
            ))
        })
        .unwrap();
    database
}

/// Waits until the connections of the use cases have ended, because they count what they read only then.
pub(crate) fn wait_for_others(database: &TestDatabase) {
    let others = "SELECT count(*) AS n FROM pg_stat_activity \
                  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    while database.number(others) > 0 {
        std::thread::yield_now();
    }
}

/// Returns how often a large table was read to its end.
fn full_scans(database: &TestDatabase) -> i64 {
    wait_for_others(database);
    database.number(&format!(
        "SELECT coalesce(sum(seq_scan), 0)::bigint AS n FROM pg_stat_user_tables WHERE relname IN {LARGE}"
    ))
}

#[test]
fn no_query_reads_a_table_to_its_end() {
    let database = database_of_many();
    let before = full_scans(&database);
    let use_cases = UseCases::new(tools::ports(&database.open()), Settings::DEFAULT);
    let filter = |roles: &[Role], state| SearchFilter { roles: roles.to_vec(), state, wilayas: Vec::new() };
    let wilayas = |codes: &[&str]| codes.iter().map(|code| Wilaya::parse(code).unwrap()).collect();
    let filters = [
        SearchFilter::default(),
        filter(&[Role::Patient], None),
        filter(&[Role::Labo], None),
        filter(&[Role::Patient, Role::Labo], None),
        filter(&[], Some(AccountState::Active)),
        filter(&[], Some(AccountState::ChangesPending)),
        filter(&[], Some(AccountState::Suspended)),
        SearchFilter { wilayas: wilayas(&["31"]), ..SearchFilter::default() },
        SearchFilter { wilayas: wilayas(&["16", "31"]), ..filter(&[Role::Patient, Role::Doctor], None) },
    ];
    let long = ["a".repeat(10_000), "dhshth el ".repeat(1000), "عبد ال".repeat(1700), "1".repeat(10_000)];
    let hostile = ["", "a", "%", "_", "%%__", "\u{301}\u{64e}", "Mohamed محمد", "Mohamed Zzyzx", "@", "1234"];
    let queries =
        ["Mohamed", "Mouhamed Hadad", "Mohamed Haddad", "حداد", "p1", "p1@", "p1@example.com", "0552987332"];
    let all = queries.into_iter().chain(hostile).chain(long.iter().map(String::as_str));
    for query in all {
        for filter in &filters {
            let parsed = SearchQuery::parse(query);
            let found = use_cases.search_accounts.run(&parsed, filter, None, 10).unwrap();
            assert!(found.len() <= 10);
            if ["Mohamed", "Mouhamed Hadad", "p1@"].contains(&query) && *filter == SearchFilter::default() {
                assert!(!found.is_empty(), "{query}");
            }
        }
    }
    for filter in &filters {
        use_cases.browse_accounts.run(filter, None, 10).unwrap();
    }
    drop(use_cases);
    assert_eq!(full_scans(&database), before);
}
