//! The layouts: what surrounds the texts of a message, as HTML and as plain text.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use minijinja::{Environment, ErrorKind as Kind, UndefinedBehavior, Value};

use crate::template_error::TemplateError;

pub(crate) const HTML: &str = "layout.html";
pub(crate) const TEXT: &str = "layout.txt";

/// Maximum number of characters in a line of plain text. Addresses are not broken.
const WIDTH: usize = 72;

/// Both layouts, ours or the operator's.
pub(crate) struct Layouts(Environment<'static>);

impl Layouts {
    /// Returns our layouts, or instead those in `folder`.
    ///
    /// # Errors
    ///
    /// The first file of the folder that is broken.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // A name that is wrong is an error, and not an empty text.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("wrap", |text: String| wrapped(&text));
        let embedded =
            [(HTML, include_str!("../layouts/layout.html")), (TEXT, include_str!("../layouts/layout.txt"))];
        for (name, ours) in embedded {
            let file = folder.map(|folder| folder.join(name));
            let error = |problem: String| {
                TemplateError::new(file.as_deref().unwrap_or_else(|| Path::new(name)), problem)
            };
            let text = match file.as_ref().map(fs::read_to_string) {
                Some(Ok(text)) => text,
                Some(Err(unreadable)) if unreadable.kind() != ErrorKind::NotFound => {
                    return Err(error(unreadable.to_string()));
                }
                _ => ours.to_owned(),
            };
            environment.add_template_owned(name, text).map_err(|broken| error(one_line(&broken)))?;
        }
        Ok(Self(environment))
    }

    /// Renders a layout. HTML is escaped.
    ///
    /// # Errors
    ///
    /// The layout names an unknown value, or uses one wrongly.
    pub(crate) fn render(&self, name: &str, values: &Value) -> Result<String, String> {
        let rendered = self.0.get_template(name).and_then(|layout| layout.render(values.clone()));
        rendered.map_err(|error| one_line(&error))
    }
}

fn one_line(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    match (error.kind(), error.detail()) {
        (Kind::UndefinedError, None) => format!("{line}there is no such value"),
        (kind, None) => format!("{line}{kind}"),
        (_, Some(detail)) => format!("{line}{detail}"),
    }
}

/// Breaks lines at spaces. A no-break space is none.
fn wrapped(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(wrapped_line).collect();
    lines.join("\n")
}

fn wrapped_line(line: &str) -> String {
    let (mut wrapped, mut length) = (String::new(), 0);
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > WIDTH {
            wrapped.push('\n');
            length = 0;
        } else if length > 0 {
            wrapped.push(' ');
            length += 1;
        }
        wrapped.push_str(word);
        length += word_length;
    }
    wrapped
}
