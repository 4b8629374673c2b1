use sihha_mail::sample;

use crate::config::PreviewMailOptions;
use crate::{mail, output};

/// Prints a message with sample values.
pub(super) fn run(options: &PreviewMailOptions) -> anyhow::Result<()> {
    let links = mail::link_base(&options.templates, None);
    let renderer = mail::renderer(&options.templates, links)?;
    let rendered = renderer.render(options.language, &sample(options.template))?;
    let text =
        if options.text { format!("{}\n\n{}", rendered.subject, rendered.text) } else { rendered.html };
    output::print(&format!("{}\n", text.trim_end()))
}
