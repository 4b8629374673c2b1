//! Compares `schema.rs` with the schema that the migrations create.

use std::fmt::Write as _;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};
use sihha_domain::account::{FacilityType, Specialite};
use sihha_domain::approval::RejectionReason;
use sihha_domain::place::{Commune, Wilaya};
use sihha_tests::TestDatabase;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    /// Position in the primary key, from 1; 0 if the column is not in it.
    #[diesel(sql_type = Integer)]
    key_position: i32,
}

const COLUMNS: &str = "
    SELECT t.relname::text AS table_name, a.attname::text AS name, y.typname::text AS type_name,
           NOT a.attnotnull AS nullable, coalesce(array_position(p.conkey, a.attnum), 0) AS key_position
    FROM pg_class t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_constraint p ON p.conrelid = t.oid AND p.contype = 'p'
    WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%'
    ORDER BY t.relname, a.attnum";

/// Writes the `table!` blocks as `diesel print-schema` does.
fn tables(columns: &[Column]) -> String {
    let mut text = String::new();
    for table in columns.chunk_by(|one, next| one.table_name == next.table_name) {
        let mut keys: Vec<_> = table.iter().filter(|c| c.key_position > 0).collect();
        keys.sort_by_key(|c| c.key_position);
        let keys: Vec<_> = keys.iter().map(|c| c.name.as_str()).collect();
        let name = &table[0].table_name;
        let _ = write!(text, "diesel::table! {{\n    {name} ({}) {{\n", keys.join(", "));
        for column in table {
            let _ = writeln!(text, "        {} -> {},", column.name, diesel_type(column));
        }
        text.push_str("    }\n}\n\n");
    }
    text
}

fn diesel_type(column: &Column) -> String {
    let name = match column.type_name.as_str() {
        "uuid" => "Uuid",
        "text" => "Text",
        "bool" => "Bool",
        "date" => "Date",
        "timestamptz" => "Timestamptz",
        "int4" => "Int4",
        "int8" => "Int8",
        "bytea" => "Bytea",
        "inet" => "Inet",
        "jsonb" => "Jsonb",
        "_text" => "Array<Nullable<Text>>",
        "_timestamptz" => "Array<Nullable<Timestamptz>>",
        other => panic!("add the Diesel type of {other} here"),
    };
    if column.nullable { format!("Nullable<{name}>") } else { name.to_owned() }
}

#[test]
fn the_rust_schema_matches_the_migrations() {
    let database = TestDatabase::new();
    let columns = database.run(|pg| diesel::sql_query(COLUMNS).load::<Column>(pg)).unwrap();
    let expected = tables(&columns);
    let kept = include_str!("../../src/postgres/schema.rs");
    let start = kept.find("diesel::table!").unwrap();
    let end = kept.find("diesel::joinable!").unwrap();
    assert_eq!(
        &kept[start..end],
        expected,
        "run `diesel print-schema`, or put this into schema.rs:\n{expected}"
    );
}

#[test]
fn the_database_and_the_domain_have_the_same_reference_data() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        code: String,
    }
    let database = TestDatabase::new();
    let communes: Vec<_> = Commune::entries()
        .iter()
        .map(|commune| format!("{} {}", commune.wilaya, commune.entry.code))
        .collect();
    for (query, known) in [
        ("SELECT code FROM specialites", Specialite::ALL.to_vec()),
        ("SELECT code FROM facility_types", FacilityType::ALL.to_vec()),
        ("SELECT code FROM rejection_reasons", RejectionReason::ALL.to_vec()),
        ("SELECT code FROM wilayas", Wilaya::codes().to_vec()),
        ("SELECT wilaya || ' ' || code AS code FROM communes", communes.iter().map(String::as_str).collect()),
    ] {
        let rows = database.run(|pg| diesel::sql_query(query).load::<Row>(pg)).unwrap();
        let mut kept: Vec<_> = rows.iter().map(|row| row.code.as_str()).collect();
        let mut known = known;
        kept.sort_unstable();
        known.sort_unstable();
        assert_eq!(kept, known, "{query}");
    }
}
