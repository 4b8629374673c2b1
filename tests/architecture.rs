//! The layers: which crate may depend on which, which module may import which, and how long a file
//! may be.

#[path = "architecture/documents.rs"]
mod documents;
#[path = "architecture/modules.rs"]
mod modules;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

const MAX_LINES: usize = 400;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Returns the target triple of this machine, such as `x86_64-unknown-linux-gnu`.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-vV").output().expect("rustc");
    let version = String::from_utf8(version.stdout).expect("text");
    version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(workspace().join("Cargo.toml"))
        // Otherwise crates are included that only another platform links.
        .other_options(["--locked", "--offline", "--filter-platform", &host()].map(str::to_owned))
        .exec()
        .expect("cargo metadata")
}

/// Returns the names of all crates that `root` is built from: its normal dependencies, and theirs.
fn built_from(metadata: &Metadata, root: &str) -> BTreeSet<String> {
    let names: HashMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let resolve = metadata.resolve.as_ref().expect("a resolved graph");
    let nodes: HashMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let root =
        metadata.packages.iter().find(|package| *package.name == root).expect("a crate of this workspace");

    let mut found = BTreeSet::new();
    let mut to_visit: Vec<&PackageId> = vec![&root.id];
    while let Some(id) = to_visit.pop() {
        let normal = nodes[id]
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        for dependency in normal {
            if found.insert(names[&dependency.pkg].clone()) {
                to_visit.push(&dependency.pkg);
            }
        }
    }
    found
}

/// Returns the crates of `found` whose name, or the part of it before a `-` or `_`, is in
/// `unwanted`.
fn among<'a>(found: &'a BTreeSet<String>, unwanted: &[&str]) -> Vec<&'a String> {
    found
        .iter()
        .filter(|name| {
            unwanted.contains(&name.split(['-', '_']).next().unwrap_or(name))
                || unwanted.contains(&name.as_str())
        })
        .collect()
}

const WEB: [&str; 9] = ["actix", "axum", "hyper", "http", "reqwest", "tower", "ureq", "utoipa", "warp"];
const DATABASE: [&str; 6] = ["diesel", "r2d2", "pq", "postgres", "sqlx", "rusqlite"];
const ASYNC: [&str; 6] = ["async", "futures", "mio", "polling", "smol", "tokio"];

#[test]
fn the_domain_knows_no_web_server_database_or_async_runtime() {
    let found = built_from(&metadata(), "sihha-domain");
    assert!(found.contains("chrono"), "its dependencies are found: {found:?}");
    for unwanted in [&WEB[..], &DATABASE, &ASYNC] {
        assert_eq!(among(&found, unwanted), Vec::<&String>::new());
    }
    assert_eq!(
        among(&found, &["sihha"]),
        Vec::<&String>::new(),
        "it depends on no other crate of this workspace"
    );
}

#[test]
fn the_http_edge_does_not_know_the_adapters() {
    let found = built_from(&metadata(), "sihha-api");
    assert!(found.contains("actix-web") && found.contains("sihha-domain"), "{found:?}");
    assert_eq!(among(&found, &["sihha-infra", "sihha-cli", "argon2", "jsonwebtoken"]), Vec::<&String>::new());
    assert_eq!(among(&found, &DATABASE), Vec::<&String>::new());
}

#[test]
fn the_adapters_do_not_know_the_http_edge() {
    let found = built_from(&metadata(), "sihha-infra");
    assert!(found.contains("diesel") && found.contains("sihha-domain"), "{found:?}");
    assert_eq!(among(&found, &["sihha-api", "sihha-cli", "sihha-embedded-postgres"]), Vec::<&String>::new());
    assert_eq!(among(&found, &WEB), Vec::<&String>::new());
}

#[test]
fn the_mail_knows_only_the_domain() {
    let found = built_from(&metadata(), "sihha-mail");
    assert!(found.contains("lettre"), "{found:?}");
    assert_eq!(among(&found, &["sihha"]), ["sihha-domain"]);
    for unwanted in [&WEB[..], &DATABASE] {
        assert_eq!(among(&found, unwanted), Vec::<&String>::new());
    }
}

#[test]
fn the_embedded_postgres_knows_nothing_of_sihha() {
    let found = built_from(&metadata(), "sihha-embedded-postgres");
    assert!(found.contains("nix"), "{found:?}");
    assert_eq!(among(&found, &["sihha"]), ["sihha-interrupt"]);
    assert_eq!(among(&built_from(&metadata(), "sihha-interrupt"), &["sihha"]), Vec::<&String>::new());
    for unwanted in [&WEB[..], &DATABASE, &ASYNC] {
        assert_eq!(among(&found, unwanted), Vec::<&String>::new());
    }

    let mut files = Vec::new();
    let source = workspace().join("crates/embedded-postgres/src");
    rust_files(&source, &mut files);
    assert!(files.len() > 10, "{files:?}");
    files.push(source.join("roles.sql"));
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap().to_lowercase();
        let text = text.replace("sihha_interrupt", "").replace("sihha_embedded_postgres", "");
        assert!(!text.contains("sihha"), "{} names Sihha", file.display());
    }
}

/// Parsers, interpreters and protocols that the service has no use for.
const NEEDLESS: [&str; 35] = [
    "awc",
    "boa",
    "cookie",
    "curl",
    "deno",
    "graphql",
    "hyper",
    "isahc",
    "jni",
    "juniper",
    "ldap3",
    "libxml",
    "md5",
    "memcache",
    "mlua",
    "oauth2",
    "openidconnect",
    "quick-xml",
    "reqwest",
    "rhai",
    "rlua",
    "roxmltree",
    "samael",
    "saml",
    "surf",
    "tera",
    "tungstenite",
    "ureq",
    "v8",
    "wasmi",
    "wasmtime",
    "webrtc",
    "xml",
    "xmlparser",
    "xpath",
];

#[test]
fn the_service_has_no_needless_parser_interpreter_or_protocol() {
    let metadata = metadata();
    let found = built_from(&metadata, "sihha-cli");
    assert!(found.contains("sihha-api") && found.contains("lettre"), "{found:?}");
    assert_eq!(among(&found, &NEEDLESS), Vec::<&String>::new());

    // Patterns come from the program's own libraries, never from what a client sent.
    for package in metadata.workspace_packages() {
        let mut normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
        assert!(!normal.any(|dependency| dependency.name.starts_with("regex")), "{}", package.name);
    }
}

#[test]
fn only_the_private_postgres_starts_programs() {
    let mut files = Vec::new();
    rust_files(&workspace().join("crates"), &mut files);
    let starts_programs = |file: &&PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let imports = text.lines().filter(|line| line.contains("process::"));
        let mut words = imports.flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
        words.any(|word| word == "Command")
    };
    let found: Vec<_> = files.iter().filter(starts_programs).collect();
    let is_source = |file: &&&PathBuf| file.components().any(|part| part.as_os_str() == "src");
    let expected = workspace().join("crates/embedded-postgres/src");
    let others: Vec<_> = found.iter().filter(is_source).filter(|file| !file.starts_with(&expected)).collect();
    assert_eq!(others, Vec::<&&PathBuf>::new());
    assert!(found.iter().any(|file| file.starts_with(&expected)), "the search finds what it looks for");
}

#[test]
fn the_names_of_unwanted_crates_are_recognised() {
    let found =
        ["actix-web", "tokio", "futures_core", "pq-sys", "pqcrypto", "httpdate"].map(str::to_owned).into();
    assert_eq!(among(&found, &WEB), ["actix-web"]);
    assert_eq!(among(&found, &ASYNC), ["futures_core", "tokio"]);
    assert_eq!(among(&found, &DATABASE), ["pq-sys"]);
}

#[test]
fn the_pinned_toolchain_is_the_oldest_that_is_supported() {
    let toolchain = std::fs::read_to_string(workspace().join("rust-toolchain.toml")).unwrap();
    let pinned = toolchain.lines().find_map(|line| line.strip_prefix("channel = "));
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let supported = package.rust_version.as_ref().map(|version| format!("\"{version}\""));
        assert_eq!(supported.as_deref(), pinned, "{}", package.name);
    }
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_rust_file_is_longer_than_four_hundred_lines() {
    let mut files = Vec::new();
    for folder in ["crates", "tests", "bench", "examples"] {
        rust_files(&workspace().join(folder), &mut files);
    }
    assert!(files.len() > 300, "{files:?}");
    let lines = |file: &PathBuf| std::fs::read_to_string(file).unwrap().lines().count();
    // The schema of the database is one file, because Diesel's command writes it.
    let is_written_by_hand = |file: &&PathBuf| !file.ends_with("postgres/schema.rs");
    let too_long: Vec<_> =
        files.iter().filter(is_written_by_hand).filter(|file| lines(file) > MAX_LINES).collect();
    assert_eq!(too_long, Vec::<&PathBuf>::new());
}
