//! The rules that make tables distributable (rules T1 to T6 and T10 of the project's rules for
//! tables), as far as the catalog shows them.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use sihha_tests::TestDatabase;

/// Tables with their group and the group's key. A reference table has no key, because each node has
/// a copy. A table that is not listed is in the account's group, with the key `profile_id`.
const GROUPS: [(&str, &str, &str); 17] = [
    ("blocked_legacy_tokens", "counter", "token"),
    ("communes", "reference", ""),
    ("facility_types", "reference", ""),
    ("identifiers", "claim", "value_key"),
    ("mail_requests", "counter", "key"),
    ("network_failures", "counter", "key"),
    ("profiles", "account", "id"),
    ("rate_limits", "counter", "key"),
    ("rejection_reasons", "reference", ""),
    ("signing_keys", "reference", ""),
    ("specialites", "reference", ""),
    ("staff", "staff", "id"),
    ("staff_recovery_codes", "staff", "staff_id"),
    ("staff_requests", "staff", "staff_id"),
    ("staff_sessions", "staff", "staff_id"),
    ("throttles", "counter", "key"),
    ("wilayas", "reference", ""),
];

/// The other tables of the account's group.
const OF_AN_ACCOUNT: &str = "SELECT relname, 'account', 'profile_id' FROM pg_class \
     JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'profile_id' \
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
     AND relname NOT IN (SELECT name FROM listed)";

/// Each query lists the violations of a rule; `groups` has all tables above.
const RULES: [&str; 6] = [
    "SELECT relname || ' has no group' AS fault FROM pg_class \
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
     AND relname <> '__diesel_schema_migrations' AND relname NOT IN (SELECT name FROM groups)",
    "SELECT name || '.' || key || ' cannot be a key' AS fault FROM groups \
     LEFT JOIN pg_attribute ON attrelid = name::regclass AND attname = key \
     WHERE key <> '' AND (attnum IS NULL OR NOT attnotnull OR attgenerated <> '' OR attidentity <> '' \
     OR (attcollation <> 0 AND attcollation <> '\"C\"'::regcollation))",
    "SELECT index.relname || ' is unique without the key' AS fault FROM pg_index \
     JOIN pg_class AS index ON index.oid = indexrelid JOIN groups ON indrelid = name::regclass \
     JOIN pg_attribute ON attrelid = indrelid AND attname = key \
     WHERE indisunique AND NOT attnum = ANY (indkey::int2[])",
    "SELECT conname || ' leaves its group' AS fault FROM pg_constraint \
     JOIN groups AS here ON conrelid = here.name::regclass JOIN groups AS there ON confrelid = there.name::regclass \
     LEFT JOIN pg_attribute AS ours ON ours.attrelid = conrelid AND ours.attname = here.key \
     LEFT JOIN pg_attribute AS theirs ON theirs.attrelid = confrelid AND theirs.attname = there.key \
     WHERE contype = 'f' AND there.\"group\" <> 'reference' AND NOT (here.\"group\" = there.\"group\" \
     AND array_position(confkey, theirs.attnum) IS NOT NULL \
     AND array_position(conkey, ours.attnum) IS NOT DISTINCT FROM array_position(confkey, theirs.attnum))",
    "SELECT tgname || ' is a trigger' AS fault FROM pg_trigger JOIN groups ON tgrelid = name::regclass \
     WHERE NOT tgisinternal",
    "SELECT conname || ' is deferrable or an exclusion' AS fault FROM pg_constraint \
     JOIN groups ON conrelid = name::regclass WHERE contype = 'x' OR (contype IN ('p', 'u') AND condeferrable)",
];

#[derive(QueryableByName)]
struct Fault {
    #[diesel(sql_type = Text)]
    fault: String,
}

fn faults(database: &TestDatabase, sql: &str) -> Vec<String> {
    let faults = database.run(|pg| sql_query(sql).load::<Fault>(pg)).unwrap();
    faults.into_iter().map(|Fault { fault }| fault).collect()
}

#[test]
fn every_table_can_be_distributed() {
    let database = TestDatabase::new();
    let rows: Vec<String> =
        GROUPS.iter().map(|(name, group, key)| format!("('{name}', '{group}', '{key}')")).collect();
    let groups = format!(
        "WITH listed (name, \"group\", key) AS (VALUES {}), \
         groups AS (TABLE listed UNION ALL {OF_AN_ACCOUNT})",
        rows.join(", ")
    );
    let found: Vec<String> =
        RULES.iter().flat_map(|rule| faults(&database, &format!("{groups} {rule}"))).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn no_index_depends_on_the_systems_locale_data() {
    let dependent = "SELECT index.relname::text AS fault FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid \
        WHERE index.relnamespace = 'public'::regnamespace \
        AND EXISTS (SELECT FROM unnest(indcollation::oid[]) AS used (oid) WHERE used.oid NOT IN (0, '\"C\"'::regcollation))";
    assert_eq!(faults(&TestDatabase::new(), dependent), [""; 0]);
}
