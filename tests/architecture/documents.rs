//! docs/security.md has one row for each requirement of the ASVS, and names only tests that exist.
//! Links between the documents lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use super::workspace;

const DOCUMENT: &str = include_str!("../../docs/security.md");
const REQUIREMENTS: &str = include_str!("asvs-5.0.csv");

/// A row of a table: a requirement, and what is said of it.
struct Row {
    /// The number and the level, as `1.2.3,1`.
    requirement: String,
    status: &'static str,
    /// What shows it, or why it is not met.
    reason: &'static str,
}

fn rows() -> Vec<Row> {
    let is_number =
        |text: &str| text.split('.').count() == 3 && text.split('.').all(|part| part.parse::<u8>().is_ok());
    let cells = DOCUMENT.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let rows = cells.filter(|cells| cells.len() > 1 && is_number(cells[1]));
    rows.map(|cells| {
        let ["", number, level, _, status, reason, ""] = cells[..] else {
            panic!("a row has five cells: {cells:?}");
        };
        Row { requirement: format!("{number},{level}"), status, reason }
    })
    .collect()
}

/// Returns the tests that a text names, as `path::name` in backticks.
fn named_tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('`').skip(1).step_by(2).filter_map(|code| code.split_once(".rs::"))
}

/// Returns whether the file has a test with this name, or a case of a conformance suite.
fn is_test(file: &Path, name: &str) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return false };
    if file.components().any(|part| part.as_os_str() == "conformance") {
        return text.contains(&format!("(\"{name}\", "));
    }
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let before = before.trim_end().trim_end_matches("async").trim_end();
    let mut attributes = before.lines().rev().map(str::trim).take_while(|line| line.starts_with("#["));
    attributes.any(|attribute| attribute.ends_with("test]"))
}

#[test]
fn each_requirement_of_the_asvs_has_one_row() {
    let listed: Vec<_> = REQUIREMENTS.lines().filter(|line| !line.starts_with('#')).collect();
    let rows = rows();
    let rows: Vec<_> = rows.iter().map(|row| row.requirement.as_str()).collect();
    assert!(listed.len() > 200, "{listed:?}");
    for requirement in &listed {
        let count = rows.iter().filter(|row| *row == requirement).count();
        assert_eq!(count, 1, "docs/security.md: rows of {requirement}");
    }
    assert_eq!(rows, listed, "docs/security.md has other rows, or another order");
}

#[test]
fn each_row_names_what_shows_it() {
    for Row { requirement, status, reason } in rows() {
        assert!(["met", "not applicable", "open"].contains(&status), "{requirement}: {status}");
        let is_shown = named_tests(reason).next().is_some() || reason.contains("](");
        assert!(status != "met" || is_shown, "{requirement} names neither a test nor a document");
        assert!(reason.ends_with('.') || is_shown, "{requirement}: {reason}");
    }
}

#[test]
fn each_named_test_exists() {
    let named: Vec<_> = named_tests(DOCUMENT).collect();
    assert!(named.len() > 100, "{named:?}");
    let lost: Vec<_> = named
        .into_iter()
        .filter(|(path, name)| !is_test(&workspace().join(format!("{path}.rs")), name))
        .collect();
    assert!(lost.is_empty(), "docs/security.md names tests that do not exist: {lost:#?}");
    // A function that is no test does not count.
    assert!(!is_test(&workspace().join("tests/architecture/documents.rs"), "is_test"));
}

/// Returns the name by which links lead to a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Returns whether a link of the document at `file` leads somewhere.
fn has_target(file: &Path, link: &str) -> bool {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target: PathBuf =
        if path.is_empty() { file.to_owned() } else { file.parent().expect("a folder").join(path) };
    if fragment.is_empty() {
        return target.exists();
    }
    let text = fs::read_to_string(target).unwrap_or_default();
    let mut lines = text.lines();
    lines.any(|line| {
        (line.starts_with('#') && anchor(line) == fragment) || line.contains(&format!("id=\"{fragment}\""))
    })
}

#[test]
fn links_between_documents_have_targets() {
    let mut files = Vec::new();
    for folder in ["", "docs", "docs/adr"] {
        let entries = fs::read_dir(workspace().join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    assert!(files.len() > 50, "{files:?}");
    let mut lost = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        let own = links.filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
        lost.extend(
            own.filter(|link| !has_target(&file, link)).map(|link| format!("{}: {link}", file.display())),
        );
    }
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(!has_target(&workspace().join("README.md"), "SECURITY.md#no-such-heading"));
}
