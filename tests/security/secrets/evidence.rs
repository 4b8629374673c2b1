//! Everything that the service wrote, and what must not be in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::process::Finished;

/// Members of responses that issue a secret.
const ISSUED: [&str; 4] = ["access", "refresh", "otpauth_uri", "recovery_codes"];
/// Members of requests with a secret.
const SENT: [&str; 6] = ["password", "new_password", "current_password", "token", "refresh", "otp"];
/// Members of requests that identify a person.
const PERSONAL: [&str; 4] = ["email", "carte_id", "last_name", "numero_tel"];

/// A text that the service wrote, and where.
struct Written {
    place: String,
    text: String,
}

#[derive(Default)]
pub(super) struct Evidence {
    /// Secrets, and what they are.
    secrets: BTreeMap<String, String>,
    /// One-time passwords of six digits. In a log, other numbers have six digits too.
    codes: BTreeSet<String>,
    /// E-mail addresses, numbers of cards and telephones, and names.
    personal: BTreeSet<String>,
    logs: Vec<Written>,
    answers: Vec<Written>,
}

impl Evidence {
    /// Adds a secret, and the part of it that is one alone.
    pub(super) fn add_secret(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is too short to be found: {secret}");
        self.secrets.insert(secret.to_owned(), what.to_owned());
        // The signature of a JWT, or the secret part of a mail's token.
        if let Some((_, last)) = secret.rsplit_once('.').filter(|(_, last)| last.len() >= 32) {
            self.secrets.insert(last.to_owned(), format!("a part of {what}"));
        }
        if let Some((_, rest)) = secret.split_once("secret=") {
            let part = rest.split('&').next().unwrap_or_default();
            self.secrets.insert(part.to_owned(), format!("a part of {what}"));
        }
    }

    /// Adds what a request says.
    pub(super) fn add_request(&mut self, body: &Value) {
        for (name, value) in texts(body) {
            if name == "otp" && value.len() == 6 {
                self.codes.insert(value);
            } else if SENT.contains(&name.as_str()) && value.len() >= 8 {
                self.add_secret(&format!("`{name}` of a request"), &value);
            } else if PERSONAL.contains(&name.as_str()) {
                self.personal.insert(value);
            }
        }
    }

    /// Adds a response, without the secrets that it issues, which it may show.
    pub(super) fn add_answer(&mut self, place: &str, status: u16, head: &str, body: &str) {
        let mut text = body.to_owned();
        if let (200..=299, Ok(mut json)) = (status, serde_json::from_str::<Value>(body)) {
            self.take_issued(&mut json);
            text = json.to_string();
        }
        self.answers.push(Written { place: place.to_owned(), text: format!("{head}\n{text}") });
    }

    fn take_issued(&mut self, json: &mut Value) {
        let Some(members) = json.as_object_mut() else { return };
        for name in ISSUED {
            let issued = members.remove(name).unwrap_or_default();
            for (_, secret) in texts(&json!({ name: issued })) {
                self.add_secret(&format!("`{name}` of a response"), &secret);
            }
        }
    }

    /// Adds the output of a process. Its standard error is its log.
    pub(super) fn add_output(&mut self, place: &str, finished: Finished) {
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(!finished.stderr.contains("log lines dropped"), "{place}: the log is not complete");
        self.add_answer(&format!("output of {place}"), 200, "", &finished.stdout);
        self.logs.push(Written { place: format!("log of {place}"), text: finished.stderr });
    }

    /// Returns a line for each secret in a log or a response, and each person in a log.
    pub(super) fn findings(&self) -> Vec<String> {
        let secrets = || self.secrets.iter().map(|(secret, what)| (secret.as_str(), what.as_str()));
        let codes = || self.codes.iter().flat_map(|code| [format!("\"{code}\""), format!("={code}")]);
        let codes: Vec<_> = codes().collect();
        let codes = || codes.iter().map(|code| (code.as_str(), "a one-time password"));
        let persons = self.personal.iter().map(|text| (text.as_str(), "a person"));
        let mut findings = search(&self.logs, secrets().chain(codes()).chain(persons));
        findings.extend(search(&self.answers, secrets().chain(codes())));
        findings
    }

    /// Asserts that the search would find what is there, in each form.
    pub(super) fn assert_sensitive(&self) {
        let has_trace = |log: &&Written| log.text.contains("\"TRACE\"") && log.text.contains("\"request\"");
        assert_eq!(
            self.logs.iter().filter(has_trace).count(),
            2,
            "the service did not log at the level trace"
        );
        assert!(self.secrets.len() > 100 && self.personal.len() > 20 && !self.codes.is_empty());
        for (secret, what) in &self.secrets {
            for form in forms(secret) {
                let text = format!("{{\"message\":\"x{form}x\"}}");
                let log = [Written { place: String::new(), text }];
                assert_eq!(search(&log, [(secret.as_str(), what.as_str())]).len(), 1, "{form}");
            }
        }
    }

    /// Describes how much was searched for how much.
    pub(super) fn summary(&self) -> String {
        let size = |written: &[Written]| written.iter().map(|one| one.text.len()).sum::<usize>() / 1024;
        format!(
            "searched {} KiB of logs and {} responses ({} KiB) for {} secrets, {} codes and {} persons",
            size(&self.logs),
            self.answers.len(),
            size(&self.answers),
            self.secrets.len(),
            self.codes.len(),
            self.personal.len()
        )
    }
}

/// Returns a line for each of `wanted` that is in a text, with its place.
fn search<'a>(written: &[Written], wanted: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let (mut patterns, mut names) = (Vec::new(), Vec::new());
    for (text, what) in wanted {
        for form in forms(text) {
            patterns.push(form);
            names.push(what);
        }
    }
    let searcher = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns).unwrap();
    let mut findings = Vec::new();
    for Written { place, text } in written {
        let mut seen = BTreeSet::new();
        for found in searcher.find_iter(text) {
            if seen.insert(found.pattern()) {
                let line = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
                let around = text[line..].lines().next().unwrap_or_default();
                let around: String = around.chars().take(600).collect();
                findings.push(format!("{} is in the {place}: {around}", names[found.pattern().as_usize()]));
            }
        }
    }
    findings
}

/// Returns a text as programs write it: plainly, escaped, encoded, and as a list of bytes.
fn forms(text: &str) -> BTreeSet<String> {
    let json = json!(text).to_string();
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(byte.into()),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    let bytes: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
    let hex: String = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let encoded = [STANDARD.encode(text), STANDARD_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(text)];
    let plain = [
        text.to_owned(),
        json[1..json.len() - 1].to_owned(),
        text.escape_debug().to_string(),
        escaped.replace("%20", "+"),
        escaped,
        bytes.join(", "),
        bytes.join(","),
        hex,
    ];
    plain.into_iter().chain(encoded).collect()
}

/// Returns all texts in a value, with the name of their member.
fn texts(value: &Value) -> Vec<(String, String)> {
    fn collect(name: &str, value: &Value, texts: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) => texts.push((name.to_owned(), text.clone())),
            Value::Array(entries) => entries.iter().for_each(|entry| collect(name, entry, texts)),
            Value::Object(members) => members.iter().for_each(|(name, value)| collect(name, value, texts)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    collect("", value, &mut all);
    all
}
