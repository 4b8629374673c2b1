//! Where mail goes, as the options say.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use sihha_infra::trusted_path::check_trusted;
use sihha_mail::{
    LinkBase, MailFolder, Renderer, SmtpOptions, SmtpServer, SmtpUrl, TemplateMailer, Transport,
};

use crate::config::{DatabaseOptions, MailFolderOptions, MailOptions, MailTemplateOptions};
use crate::database;
use crate::secret;

/// The sender of mail that no server sees.
const LOCAL_SENDER: &str = "Sihha <no-reply@localhost>";

/// Where links lead if there is neither an option nor a TCP address.
const LOCAL_LINKS: &str = "http://localhost";

/// A way to send mail.
pub(crate) struct MailRoute {
    pub(crate) mailer: TemplateMailer,
    pub(crate) target: MailTarget,
}

/// Where mail goes, and where its links lead.
pub(crate) struct MailTarget {
    pub(crate) destination: Destination,
    links: LinkBase,
    /// Whether the links may lead to an address that only this machine knows.
    has_local_links: bool,
}

/// Where mail goes.
pub(crate) enum Destination {
    Server(SmtpUrl),
    Folder(PathBuf),
}

/// Returns the way that the options choose; `None` if they choose none, which leaves mail in the outbox.
/// Links lead to `listening` if no option says where.
///
/// # Errors
///
/// The options contradict each other, or a file that they name cannot be used.
pub(crate) fn route(
    options: &MailOptions,
    database: &DatabaseOptions,
    listening: Option<&LinkBase>,
) -> anyhow::Result<Option<MailRoute>> {
    // Also without a way, because wrong templates are a mistake in any case.
    let links = link_base(&options.templates, listening);
    let is_default = options.templates.link_base().is_none();
    let renderer = renderer(&options.templates, links.clone())?;
    let password = secret::load_smtp_password(options.smtp_password_file.as_deref())?;
    let Some(url) = &options.smtp_url else {
        ensure!(password.is_none(), "an SMTP password is given, but no server; add --smtp-url");
        let Some(folder) = folder(&options.folder, database)? else { return Ok(None) };
        let parent = folder.path().parent().unwrap_or_else(|| Path::new("/"));
        ensure!(
            options.folder.mail_folder.is_none() || parent.is_dir(),
            "--mail-folder cannot be made, because there is no folder {}",
            parent.display()
        );
        let destination = Destination::Folder(folder.path().to_owned());
        let sender = options.mail_from.clone();
        let sender = sender.unwrap_or_else(|| LOCAL_SENDER.parse().expect("it is a sender"));
        let mailer = TemplateMailer { renderer, sender, transport: Arc::new(folder) };
        let target = MailTarget { destination, links, has_local_links: is_default && listening.is_none() };
        return Ok(Some(MailRoute { mailer, target }));
    };
    ensure!(
        options.folder.mail_folder.is_none(),
        "both --smtp-url and --mail-folder are given; give one: mail goes to the server or into the folder"
    );
    let sender = options.mail_from.clone();
    let sender = sender.context("--smtp-url needs --mail-from, such as 'Sihha <no-reply@example.dz>'")?;
    let url: SmtpUrl = url.parse().map_err(|problem| anyhow!("--smtp-url {problem}"))?;
    let server = SmtpServer::new(SmtpOptions {
        url: url.clone(),
        password,
        allow_plain: options.smtp_allow_plain,
        timeout: options.smtp_timeout,
        authorities: options.smtp_ca_file.as_deref().map(authorities).transpose()?,
        // Servers refuse the short name that a container has.
        greeting: sender.domain().to_owned(),
    })?;
    let transport: Arc<dyn Transport> = Arc::new(server);
    let mailer = TemplateMailer { renderer, sender, transport };
    let target = MailTarget { destination: Destination::Server(url), links, has_local_links: is_default };
    Ok(Some(MailRoute { mailer, target }))
}

/// Returns what renders messages, with the operator's templates.
///
/// # Errors
///
/// A template is broken.
pub(crate) fn renderer(options: &MailTemplateOptions, links: LinkBase) -> anyhow::Result<Renderer> {
    Renderer::new(links, options.mail_templates.as_deref()).context("--mail-templates cannot be used")
}

/// Returns the folder that gets mail without a server; `None` without a folder and a data directory.
///
/// # Errors
///
/// There is no default data directory.
pub(crate) fn folder(
    options: &MailFolderOptions,
    database: &DatabaseOptions,
) -> anyhow::Result<Option<MailFolder>> {
    let given = options.mail_folder.as_ref().map(std::path::absolute).transpose();
    let given = given.context("--mail-folder has no absolute path")?;
    let by_default = || Ok(database::data_dir(database)?.map(|data_dir| data_dir.join("mail")));
    let folder = given.map_or_else(by_default, |given| anyhow::Ok(Some(given)))?;
    Ok(folder.map(MailFolder::new))
}

/// Logs where mail goes, and what the operator has yet to say.
pub(crate) fn announce(target: Option<&MailTarget>) {
    let Some(MailTarget { destination, links, has_local_links }) = target else {
        tracing::warn!(
            "no mail is sent, and messages are given up after 24 hours; give --smtp-url, or --mail-folder for \
             development"
        );
        return;
    };
    match destination {
        Destination::Server(url) => tracing::info!(server = %url, %links, "mail goes to an SMTP server"),
        Destination::Folder(folder) => {
            tracing::info!(folder = %folder.display(), %links, "mail goes into a folder; --smtp-url sends it");
        }
    }
    if *has_local_links {
        tracing::warn!(
            %links,
            "links in mails lead to an address that their readers may not reach; give --public-url, or \
             --link-base-url for a front end"
        );
    }
}

/// Returns where links lead.
pub(crate) fn link_base(options: &MailTemplateOptions, listening: Option<&LinkBase>) -> LinkBase {
    let known = options.link_base().or(listening).cloned();
    known.unwrap_or_else(|| LOCAL_LINKS.parse().expect("it is a URL"))
}

/// Reads certificates. Who can change them can read all mail.
fn authorities(file: &Path) -> anyhow::Result<Vec<u8>> {
    check_trusted(file).context("--smtp-ca-file is not safe")?;
    fs::read(file).with_context(|| format!("cannot read --smtp-ca-file {}", file.display()))
}
