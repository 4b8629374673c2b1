use sihha_mail::{Rendered, sample};

use crate::config::PreviewMailOptions;
use crate::{mail, output};

/// Prints a message with sample values.
pub(super) fn run(options: &PreviewMailOptions) -> anyhow::Result<()> {
    let links = mail::link_base(&options.templates, None);
    let renderer = mail::renderer(&options.templates, links)?;
    let Rendered { subject, html, text } = renderer.render(options.language, &sample(options.template))?;
    let shown = if options.text { format!("{subject}\n\n{text}") } else { html };
    output::print(&format!("{}\n", shown.trim_end()))
}
