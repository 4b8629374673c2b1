use std::path::Path;

use chrono::TimeDelta;
use fluent_bundle::FluentArgs;
use minijinja::{Value, context};
use sihha_domain::language::Language;
use sihha_domain::mail::{Content, Template, TokenPurpose};

use crate::layouts::{self, Layouts};
use crate::links::LinkBase;
use crate::messages::Messages;
use crate::samples::sample;
use crate::template_error::TemplateError;
use crate::values;

/// Writes messages in the language of their reader.
pub struct Renderer {
    messages: Messages,
    layouts: Layouts,
    links: LinkBase,
}

/// A message as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, on one line.
    pub subject: String,
    /// The message in HTML.
    pub html: String,
    /// The message in plain text.
    pub text: String,
}

/// The texts of a message that stand in its layout.
struct Parts {
    subject: String,
    body: Vec<String>,
    advice: Vec<String>,
    action: Option<String>,
    after: Vec<String>,
}

impl Renderer {
    /// Returns a renderer with our templates, or the operator's where `folder` has any: whole layouts
    /// (`layout.html`, `layout.txt`) and single messages (`<language>/mail.ftl`).
    ///
    /// # Errors
    ///
    /// A template of the folder is broken, or the folder has none. Every message was rendered in every
    /// language before this returns.
    pub fn new(links: LinkBase, folder: Option<&Path>) -> Result<Self, TemplateError> {
        if let Some(folder) = folder {
            let messages = Language::ALL.iter().map(|language| format!("{}/mail.ftl", language.tag()));
            let names = [layouts::HTML, layouts::TEXT].into_iter().map(str::to_owned).chain(messages);
            if !names.into_iter().any(|name| folder.join(name).exists()) {
                let problem = "it has no templates (fr/mail.ftl, layout.html, …)".to_owned();
                return Err(TemplateError::new(folder, problem));
            }
        }
        let renderer = Self { messages: Messages::load(folder)?, layouts: Layouts::load(folder)?, links };
        for (language, template) in
            Language::ALL.iter().flat_map(|language| Template::ALL.iter().map(move |it| (*language, *it)))
        {
            renderer.try_render(language, &sample(template)).map_err(|(file, problem)| {
                TemplateError::new(&folder.unwrap_or_else(|| Path::new("")).join(file), problem)
            })?;
        }
        Ok(renderer)
    }

    /// Renders a message.
    ///
    /// # Errors
    ///
    /// The operator's templates cannot render it.
    pub fn render(&self, language: Language, content: &Content) -> Result<Rendered, TemplateError> {
        self.try_render(language, content)
            .map_err(|(file, problem)| TemplateError::new(Path::new(&file), problem))
    }

    fn try_render(&self, language: Language, content: &Content) -> Result<Rendered, (String, String)> {
        let of_messages = |problem| (format!("{}/mail.ftl", language.tag()), problem);
        let (parts, values) = self.values(language, content).map_err(of_messages)?;
        let layout =
            |name: &str| self.layouts.render(name, &values).map_err(|problem| (name.to_owned(), problem));
        Ok(Rendered { html: layout(layouts::HTML)?, text: layout(layouts::TEXT)?, subject: parts.subject })
    }

    /// Returns the texts of the message, and what its layouts show.
    fn values(&self, language: Language, content: &Content) -> Result<(Parts, Value), String> {
        let stored = |name| content.params().get(name).map_or("", String::as_str);
        let mut args = FluentArgs::new();
        let mut shown = Vec::new();
        for name in values::NAMES {
            let text = values::localised(&self.messages, language, name, stored(name))?;
            args.set(name, text.clone());
            if !text.is_empty() {
                let label = self.messages.text(language, &format!("value_{name}"), &args)?;
                shown.push(context! { name => label, text => text });
            }
        }
        let parts = self.parts(language, content.template(), &args)?;
        let purpose_and_token = content.template().purpose().zip(content.token());
        let link = purpose_and_token.map(|(purpose, token)| self.links.link(purpose, token));
        let lifetime = content.template().purpose().map(|purpose| self.lifetime(language, purpose));
        let common = |id| self.messages.text(language, id, &args);
        let is_arabic = language == Language::Arabic;
        let values = context! {
            language => language.tag(),
            direction => if is_arabic { "rtl" } else { "ltr" },
            start => if is_arabic { "right" } else { "left" },
            subject => parts.subject.clone(),
            greeting => common("greeting")?,
            body => parts.body.clone(),
            values => shown,
            advice => parts.advice.clone(),
            action => parts.action.clone(),
            link => link,
            link_hint => common("link_hint")?,
            lifetime => lifetime.transpose()?,
            after => parts.after.clone(),
            footer => common("footer")?,
            colon => common("colon")?,
        };
        Ok((parts, values))
    }

    fn parts(&self, language: Language, template: Template, args: &FluentArgs<'_>) -> Result<Parts, String> {
        let part = |name| self.messages.part(language, template.as_str(), Some(name), args);
        let paragraphs = |name| part(name).map(|text| paragraphs(text.as_deref().unwrap_or_default()));
        Ok(Parts {
            subject: one_line(&self.messages.text(language, template.as_str(), args)?),
            body: paragraphs("body")?,
            advice: paragraphs("advice")?,
            action: part("action")?,
            after: paragraphs("after")?,
        })
    }

    fn lifetime(&self, language: Language, purpose: TokenPurpose) -> Result<String, String> {
        let lifetime = purpose.lifetime();
        let (unit, count) = if lifetime < TimeDelta::hours(1) {
            ("minutes", lifetime.num_minutes())
        } else if lifetime < TimeDelta::days(2) {
            ("hours", lifetime.num_hours())
        } else {
            ("days", lifetime.num_days())
        };
        let mut args = FluentArgs::new();
        args.set("unit", unit);
        args.set("count", count);
        self.messages.text(language, "link_lifetime", &args)
    }
}

/// Returns the paragraphs of a text, each on one line. An empty line separates them.
fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n").map(one_line).filter(|paragraph| !paragraph.is_empty()).collect()
}

/// Replaces line breaks and other control characters, which could begin another header, by spaces.
fn one_line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | ' ');
    text.split(is_break).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
