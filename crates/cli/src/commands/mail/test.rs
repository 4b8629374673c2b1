use anyhow::Context;
use sihha_domain::clock::Clock;
use sihha_domain::ids::MessageId;
use sihha_domain::mail::{Content, OutgoingMail};
use sihha_domain::text::printable;
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_mail::compose;

use crate::config::TestMailOptions;
use crate::mail::{self, Destination, MailRoute};
use crate::output;

/// Sends a test message without the outbox.
pub(super) fn run(options: &TestMailOptions) -> anyhow::Result<()> {
    let route = mail::route(&options.mail, &options.database, None)?;
    let MailRoute { mailer, target } =
        route.context("there is no way to send mail; give --smtp-url or --mail-folder")?;
    let written_at = SystemClock.now();
    let id = MessageId::generate(written_at, &SystemRandomness);
    let (to, language, content) = (options.to.clone(), options.language, Content::test());
    let message = OutgoingMail { id, to, language, content, written_at };
    // Not by `Mailer::deliver`, which logs the outcome: here it is the output.
    let rendered = mailer.renderer.render(message.language, &message.content)?;
    let composed = compose(&mailer.sender, &message, &rendered).context("not sent")?;
    mailer.transport.deliver(&composed).context("not sent")?;
    let to = printable(message.to.as_str());
    let line = match target.destination {
        Destination::Server(server) => format!("sent to {to}: {server} accepted message {id}"),
        Destination::Folder(folder) => {
            format!("written for {to}: {}", folder.join(format!("{id}.eml")).display())
        }
    };
    output::report(&format!("{line}\n"));
    Ok(())
}
