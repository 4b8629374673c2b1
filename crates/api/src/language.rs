//! The texts that users read, in each language (`messages/<language>/*.ftl`), and the language that a
//! client prefers.

use std::borrow::Cow;
use std::sync::LazyLock;

use actix_web::http::header::{HeaderValue, Quality, QualityItem};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use include_dir::{Dir, File, include_dir};
use sihha_domain::language::Language;

/// The messages: one folder for each language, with separate files for each capability.
static MESSAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/messages");

/// Maximum length of an `Accept-Language` that is read, in bytes. Browsers send less than 150.
const MAX_HEADER: usize = 512;

/// The language of a response to a client that prefers none.
pub(crate) const OF_RESPONSES: Language = Language::English;

/// The texts of each language, in the order of its variants.
static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> =
    LazyLock::new(|| Language::ALL.iter().copied().map(bundle).collect());

/// Returns the language that `accept_language` prefers (RFC 9110 §12.5.4), or `default` if it names no
/// known language.
///
/// Regions are ignored: `fr-DZ` is French. Of languages with equal weights, the first is used.
pub(crate) fn accepted(accept_language: Option<&HeaderValue>, default: Language) -> Language {
    let header = accept_language.filter(|value| value.len() <= MAX_HEADER);
    let ranges = header.and_then(|value| value.to_str().ok()).unwrap_or_default().split(',');
    let known = ranges.rev().filter_map(|range| {
        let QualityItem { item, quality } = range.trim().parse::<QualityItem<String>>().ok()?;
        (quality > Quality::ZERO).then_some((quality, of_range(&item, default)?))
    });
    // `max_by_key` returns the last of equal weights. The order is reversed, so this is the first in
    // the header.
    known.max_by_key(|(quality, _)| *quality).map_or(default, |(_, language)| language)
}

/// Returns the language of a range such as `fr` or `AR-dz`, and `default` for `*`.
fn of_range(range: &str, default: Language) -> Option<Language> {
    let primary = range.split('-').next().unwrap_or_default();
    let is_meant = |language: &&Language| primary.eq_ignore_ascii_case(language.tag());
    Language::ALL.iter().find(is_meant).copied().or((primary == "*").then_some(default))
}

/// Returns the texts of all files in the language's folder.
fn source(language: Language) -> String {
    let folder = MESSAGES.get_dir(language.tag()).into_iter();
    let texts: Vec<_> = folder.flat_map(Dir::files).filter_map(File::contents_utf8).collect();
    texts.join("\n")
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // Clients that do not support isolation marks would show them around every number. The Arabic
    // texts have the marks that they need.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source(language));
    // A test reads the files, so neither the tag nor the resource has an error.
    bundle.add_resource_overriding(resource.unwrap_or_else(|(resource, _)| resource));
    bundle
}

/// Returns the text of the message `id`, or of its `attribute`. A text without arguments is not
/// copied.
///
/// Returns `id` if there is no such text. Tests find missing texts and missing arguments.
pub(crate) fn text(
    language: Language,
    id: &str,
    attribute: Option<&str>,
    args: Option<&FluentArgs<'_>>,
) -> Cow<'static, str> {
    let bundle = &BUNDLES[language as usize];
    let message = bundle.get_message(id);
    let pattern = message.and_then(|message| match attribute {
        Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
        None => message.value(),
    });
    match pattern {
        Some(pattern) => bundle.format_pattern(pattern, args, &mut Vec::new()),
        None => Cow::Owned(id.to_owned()),
    }
}

#[cfg(test)]
mod tests;
