//! The texts of messages (`messages/<language>/mail.ftl`), ours and those of the operator.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::Entry;
use include_dir::{Dir, include_dir};
use sihha_domain::language::Language;

use crate::template_error::TemplateError;

static MESSAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/messages");

/// The texts of each language, in the order of [`Language::ALL`].
pub(crate) struct Messages(Vec<FluentBundle<FluentResource>>);

/// The parts of each message: its attributes, and whether it has a value.
type Parts = BTreeMap<String, (bool, BTreeSet<String>)>;

impl Messages {
    /// Returns our texts, and instead of some of them those in `folder`.
    ///
    /// # Errors
    ///
    /// The first file of the folder that is broken.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        Language::ALL.iter().map(|language| bundle(*language, folder)).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the text of a message, or of its attribute; `None` if there is no such text.
    ///
    /// # Errors
    ///
    /// The text names an unknown value.
    pub(crate) fn part(
        &self,
        language: Language,
        id: &str,
        attribute: Option<&str>,
        args: &FluentArgs<'_>,
    ) -> Result<Option<String>, String> {
        let index = Language::ALL.iter().position(|other| *other == language);
        let Some(bundle) = index.and_then(|index| self.0.get(index)) else { return Ok(None) };
        let message = bundle.get_message(id);
        let pattern = message.and_then(|message| match attribute {
            Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
            None => message.value(),
        });
        let Some(pattern) = pattern else { return Ok(None) };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        match errors.first() {
            Some(error) => Err(format!("message {id}: {error}")),
            None => Ok(Some(text)),
        }
    }

    /// Returns the text of a message.
    ///
    /// # Errors
    ///
    /// There is no such message, or it names an unknown value.
    pub(crate) fn text(&self, language: Language, id: &str, args: &FluentArgs<'_>) -> Result<String, String> {
        self.part(language, id, None, args)?.ok_or_else(|| format!("message {id} is missing"))
    }
}

fn bundle(language: Language, folder: Option<&Path>) -> Result<FluentBundle<FluentResource>, TemplateError> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // Clients that do not know isolation marks show them. The layout isolates values in HTML.
    bundle.set_use_isolating(false);
    let name = format!("{}/mail.ftl", language.tag());
    let embedded = MESSAGES.get_file(&name).and_then(|file| file.contents_utf8()).unwrap_or_default();
    // A test reads it, so it has no error.
    let ours = FluentResource::try_new(embedded.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let known = parts(&ours);
    bundle.add_resource_overriding(ours);
    if let Some(file) = folder.map(|folder| folder.join(&name)) {
        let error = |problem: String| TemplateError::new(&file, problem);
        match fs::read_to_string(&file) {
            Ok(text) => bundle.add_resource_overriding(checked(text, &known).map_err(error)?),
            Err(missing) if missing.kind() == ErrorKind::NotFound => {}
            Err(unreadable) => return Err(error(unreadable.to_string())),
        }
    }
    Ok(bundle)
}

/// Parses the texts of the operator. Each must replace one of ours with all its parts.
fn checked(text: String, known: &Parts) -> Result<FluentResource, String> {
    let resource = FluentResource::try_new(text).map_err(|(resource, errors)| {
        let first = errors.first();
        let before = first.and_then(|error| resource.source().get(..error.pos.start)).unwrap_or_default();
        let problem = first.map(ToString::to_string).unwrap_or_default();
        format!("line {}: {problem}", before.matches('\n').count() + 1)
    })?;
    for (id, given) in parts(&resource) {
        let Some(ours) = known.get(&id) else { return Err(format!("there is no message {id}")) };
        if given.0 != ours.0 {
            return Err(format!("message {id} has no text of its own"));
        }
        let (missing, surplus) = (ours.1.difference(&given.1).next(), given.1.difference(&ours.1).next());
        if let Some(attribute) = missing {
            return Err(format!("message {id} lacks .{attribute}"));
        }
        if let Some(attribute) = surplus {
            return Err(format!("message {id} has no part .{attribute}"));
        }
    }
    Ok(resource)
}

fn parts(resource: &FluentResource) -> Parts {
    let names = |attributes: &[fluent_syntax::ast::Attribute<&str>]| {
        attributes.iter().map(|attribute| attribute.id.name.to_owned()).collect()
    };
    let part = |entry: &Entry<&str>| match entry {
        Entry::Message(message) => {
            Some((message.id.name.to_owned(), (message.value.is_some(), names(&message.attributes))))
        }
        Entry::Term(term) => Some((format!("-{}", term.id.name), (true, names(&term.attributes)))),
        _ => None,
    };
    resource.entries().filter_map(part).collect()
}
