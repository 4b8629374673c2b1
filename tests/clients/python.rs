//! A package by `openapi-python-client`.

use sihha_tests::{TestDatabase, recorded};

use crate::generators::{prepare, run};
use crate::process::Sihha;

#[test]
fn the_python_package_is_typed_and_registers_logs_in_and_patches() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    prepare(&sihha, ["session.py"]);
    let generate =
        "openapi-python-client generate --path openapi.json --output-path package --fail-on-warning";
    assert_eq!(run(&sihha, generate), ["Generating package"]);
    // What builds the package, and what it depends on, are installed already.
    let offline = "--no-index --no-deps --no-build-isolation";
    run(&sihha, &format!("pip install --quiet {offline} --target site ./package"));

    let printed = run(&sihha, "mypy --strict --package sihha_client --module session");
    assert!(printed[0].starts_with("Success"), "{printed:#?}");

    let service = sihha.serve();
    let printed = run(&sihha, &format!("python session.py http://{}", recorded(service.address())));
    assert_eq!(printed, ["Cité des 1200 logements, Bab Ezzouar"]);
}
