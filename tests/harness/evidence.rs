//! What the service logged and answered, and the search for secrets in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::recorder::{Record, RecordKind};
use crate::search::{START, Wanted, Written, forms, is_token, search, tokens};

/// Maximum number of secrets for which tokens are searched for in every form: more do not fit in memory.
const MAX_FORMS: usize = 2000;
/// Minimum number of different characters in a secret. Some tests send `aaaaaaaa` or blanks.
const MIN_CHARS: usize = 4;
/// Minimum length in bytes of what identifies a person in a recording. Some tests send names of two letters.
const MIN_PERSONAL: usize = 8;
/// Members of responses that issue a secret.
const ISSUED: [&str; 4] = ["access", "refresh", "otpauth_uri", "recovery_codes"];
/// Members of requests with a secret.
const SENT: [&str; 7] = ["password", "repeat", "new_password", "current_password", "token", "refresh", "otp"];
/// Members of requests that identify a person.
const PERSONAL: [&str; 4] = ["email", "carte_id", "last_name", "numero_tel"];
/// Members of requests that responses may show. Some tests send the same text as a password.
const PUBLIC: [&str; 9] = [
    "email",
    "username",
    "carte_id",
    "first_name",
    "last_name",
    "name",
    "numero_tel",
    "hospital_number",
    "labo_number",
];

/// What the service logged and answered, the secrets that it was given, and those that it issued.
#[derive(Default)]
pub struct Evidence {
    /// Secrets to search for in every form, and what they are.
    secrets: BTreeMap<String, String>,
    /// The secret parts of tokens, and what they are.
    tokens: BTreeMap<String, String>,
    /// One-time passwords of six digits. In a log, other numbers have six digits too.
    codes: BTreeSet<String>,
    /// Texts in lower case that were also sent in [`PUBLIC`] members, so that they are no secrets.
    public: BTreeSet<String>,
    /// Texts in lower case whose parts are no secrets.
    documents: Vec<String>,
    /// The tokens that each test sent.
    sent: HashMap<String, BTreeSet<String>>,
    /// Minimum length in bytes of what identifies a person.
    min_personal: usize,
    /// Number of recorded logs that lack lines.
    incomplete_logs: usize,
    /// E-mail addresses, numbers of cards and telephones, and names.
    personal: BTreeSet<String>,
    logs: Vec<Written>,
    answers: Vec<Written>,
}

impl Evidence {
    /// Adds a secret and its secret part.
    ///
    /// # Panics
    ///
    /// If it is too short to be found.
    pub fn add_secret(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is too short to be found: {secret}");
        let part = secret_part(secret);
        if is_token(part) {
            self.tokens.insert(part.to_owned(), what.to_owned());
        }
        if !is_token(part) || self.secrets.len() < MAX_FORMS {
            self.secrets.insert(secret.to_owned(), what.to_owned());
            self.secrets.insert(part.to_owned(), what.to_owned());
        }
    }

    /// Adds what a request says.
    pub fn add_request(&mut self, body: &Value) {
        for (name, value) in texts(body) {
            if name == "otp" && value.len() == 6 {
                self.codes.insert(value);
            } else if SENT.contains(&name.as_str()) && value.len() >= 8 {
                self.add_secret(&format!("`{name}` of a request"), &value);
            } else if PERSONAL.contains(&name.as_str()) && value.len() >= self.min_personal {
                self.personal.insert(value);
            }
        }
    }

    /// Adds a response, without the secrets that it issues, which it may show.
    pub fn add_answer(&mut self, place: &str, status: u16, head: &str, body: &str) {
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

    /// Adds what a command printed on standard output, without the secrets that it issues.
    pub fn add_output(&mut self, place: &str, text: &str) {
        self.add_answer(&format!("output of {place}"), 200, "", text);
    }

    /// Adds a log, or a part of one.
    pub fn add_log(&mut self, place: &str, text: String) {
        self.logs.push(Written { place: format!("log of {place}"), text });
    }

    /// Adds a text whose parts are no secrets, such as the examples of the documentation.
    pub fn add_public(&mut self, text: &str) {
        self.documents.push(text.to_lowercase());
    }

    /// Adds a recorded file.
    ///
    /// # Panics
    ///
    /// If the file cannot be read or parsed.
    pub fn add_recording(&mut self, file: &Path) {
        self.min_personal = MIN_PERSONAL;
        let text = String::from_utf8_lossy(&fs::read(file).expect("the file can be read")).into_owned();
        if file.extension().is_some_and(|ending| ending == "log") {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            // The service drops lines that a busy machine does not read in time.
            self.incomplete_logs += usize::from(text.contains("log lines dropped"));
            // A command may repeat to its caller what the caller has typed.
            let is_message = |line: &&str| line.starts_with("sihha: ");
            let (messages, log): (Vec<_>, Vec<_>) = text.split_inclusive('\n').partition(is_message);
            self.add_log(&name, log.concat());
            self.add_output(&name, &messages.concat());
        } else {
            for line in text.lines() {
                self.add_record(&serde_json::from_str(line).expect("a record"));
            }
        }
    }

    fn add_record(&mut self, record: &Record) {
        match record.kind {
            RecordKind::Sent => {
                self.add_sent(&record.text);
                let sent = self.sent.entry(record.test.clone()).or_default();
                sent.extend(tokens(&record.text).map(ToOwned::to_owned));
            }
            RecordKind::Received => {
                for response in responses(&record.text) {
                    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
                    // The files of the documentation are the same for everybody.
                    if ["text/javascript", "text/css"].iter().any(|content_type| head.contains(content_type))
                    {
                        continue;
                    }
                    let status = head.split([' ', '\r']).nth(1).and_then(|status| status.parse().ok());
                    let place = format!("response {} to {}", status.unwrap_or(0), record.test);
                    let body = if head.contains("text/html") {
                        self.without_own_token(&record.test, body)
                    } else {
                        body.to_owned()
                    };
                    self.add_answer(&place, status.unwrap_or(0), head, &body);
                }
            }
            RecordKind::Printed => self.add_output(&record.test, &without_links(&record.text)),
            RecordKind::Secret => self.add_secret("a secret of the operator", &record.text),
        }
    }

    /// Adds the requests of a connection: their bearer tokens, and their bodies if they are JSON or forms.
    fn add_sent(&mut self, text: &str) {
        for part in text.split("\r\n\r\n") {
            if let Some((_, rest)) = part.lines().next().and_then(|line| line.split_once('?')) {
                self.add_request(&form(rest.split(' ').next().unwrap_or_default()));
            }
            for line in part.lines() {
                let token = line.split_once(": Bearer ").map(|(_, token)| token.trim());
                if let Some(token) = token.filter(|token| token.len() >= 20) {
                    self.add_secret("a bearer token", token);
                }
            }
            let body = match serde_json::Deserializer::from_str(part).into_iter::<Value>().next() {
                Some(Ok(json)) => json,
                _ => form(without_head(part)),
            };
            self.add_request(&body);
            let public = texts(&body).into_iter().filter(|(name, _)| PUBLIC.contains(&name.as_str()));
            self.public.extend(public.map(|(_, value)| value.to_lowercase()));
        }
    }

    /// Returns a page without the tokens that the test sent. The pages of a mail's link have its token in
    /// their form and their links.
    fn without_own_token(&self, test: &str, page: &str) -> String {
        let sent = self.sent.get(test).into_iter().flatten();
        let shown = sent.filter(|token| page.contains(token.as_str()));
        shown.fold(page.to_owned(), |page, token| page.replace(token, ""))
    }

    /// Returns whether a text is no secret: it is public, or too simple.
    fn is_public(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.public.contains(&text)
            || self.documents.iter().any(|document| document.contains(&text))
            || text.chars().collect::<BTreeSet<_>>().len() < MIN_CHARS
    }

    /// Returns a line for each secret in a log or a response, and each person in a log.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        let mut wanted = Wanted::default();
        for (token, what) in &self.tokens {
            let start = &token[..START];
            if !self.is_public(start) {
                wanted.add_plain(start, what);
            }
        }
        for (secret, what) in self.secrets.iter().filter(|(secret, _)| !self.is_public(secret)) {
            wanted.add(secret, what);
        }
        for code in self.codes.iter().filter(|code| !self.is_public(code)) {
            wanted.add(&format!("\"{code}\""), "a one-time password");
            wanted.add(&format!("={code}"), "a one-time password");
        }
        let mut findings = search(&self.answers, &wanted);
        for person in &self.personal {
            wanted.add(person, "a person");
        }
        findings.extend(search(&self.logs, &wanted));
        findings
    }

    /// Asserts that the search finds each secret in each form.
    ///
    /// # Panics
    ///
    /// If it does not, or if there are not two complete logs.
    pub fn assert_sensitive(&self) {
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
                let mut wanted = Wanted::default();
                wanted.add(secret, what);
                assert_eq!(search(&log, &wanted).len(), 1, "{form}");
            }
        }
    }

    /// Returns whether there are logs, responses and secrets.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let is_traced = self.logs.iter().any(|log| log.text.contains("\"TRACE\""));
        is_traced && !self.answers.is_empty() && !self.secrets.is_empty() && !self.personal.is_empty()
    }

    /// Returns the size of the logs and responses, and the number of secrets and persons.
    #[must_use]
    pub fn summary(&self) -> String {
        let size = |written: &[Written]| written.iter().map(|one| one.text.len()).sum::<usize>() / 1024;
        format!(
            "searched {} KiB of logs ({} logs lack lines) and {} responses ({} KiB) for {} secrets, {} codes \
             and {} persons",
            size(&self.logs),
            self.incomplete_logs,
            self.answers.len(),
            size(&self.answers),
            self.tokens.len() + self.secrets.keys().filter(|secret| !is_token(secret_part(secret))).count(),
            self.codes.len(),
            self.personal.len()
        )
    }
}

/// Returns the part of a secret that is secret alone: the signature of a JWT, the second part of a mail's
/// token, or the key in a URI of one-time passwords.
fn secret_part(secret: &str) -> &str {
    let last = secret.rsplit_once('.').map(|(_, last)| last).filter(|last| last.len() >= 32);
    let key = secret.split_once("secret=").map(|(_, rest)| rest.split('&').next().unwrap_or(rest));
    last.or(key).unwrap_or(secret)
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

/// Returns what a command printed without the tokens of links: `sihha mail show` shows a mail with its link.
fn without_links(text: &str) -> String {
    let mut parts = text.split("token=");
    let first = parts.next().unwrap_or_default().to_owned();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    parts.fold(first, |text, part| text + "token=" + part.trim_start_matches(is_token))
}

/// Returns the body at the beginning of a text, without the head of the next request.
fn without_head(text: &str) -> &str {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let line = text.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1"));
    let Some((start, _)) = line.and_then(|line| line.rsplit_once(' ')) else { return text };
    METHODS.iter().find_map(|method| start.strip_suffix(method)).unwrap_or(start)
}

/// Returns the fields of a form or a query.
fn form(text: &str) -> Value {
    form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| json!({ name.as_ref(): value.as_ref() }))
        .collect()
}

/// Returns each response of a connection.
fn responses(text: &str) -> Vec<&str> {
    let versions = ["HTTP/1.1 ", "HTTP/2 "];
    let mut starts: Vec<_> =
        versions.iter().flat_map(|version| text.match_indices(version)).map(|(at, _)| at).collect();
    starts.sort_unstable();
    starts.push(text.len());
    starts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}
