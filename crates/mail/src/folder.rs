use std::borrow::Cow;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;
use nix::unistd::geteuid;
use sihha_domain::ids::MessageId;
use sihha_domain::mail::DeliveryError;
use tempfile::NamedTempFile;

use crate::compose::Composed;
use crate::mailer::Transport;

/// A folder that gets a file for each message, `<message id>.eml`, for development.
#[derive(Debug, Clone)]
pub struct MailFolder(PathBuf);

impl MailFolder {
    /// Returns the folder at `path`. The first message makes it, if it is missing.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the plain text of a message; `None` if the folder has no such message.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn text(&self, id: MessageId) -> io::Result<Option<String>> {
        match fs::read(self.file(id)) {
            Ok(bytes) => {
                let message = MessageParser::default().parse(&bytes);
                Ok(message.and_then(|message| message.body_text(0).map(Cow::into_owned)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn file(&self, id: MessageId) -> PathBuf {
        self.0.join(format!("{id}.eml"))
    }

    /// Writes the file, and replaces one of an earlier attempt.
    fn write(&self, message: &Composed) -> io::Result<()> {
        let made = DirBuilder::new().mode(0o700).create(&self.0);
        match made {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made?;
                give_to_owner_of(self.0.parent(), &self.0)?;
            }
        }
        // A new temporary file has mode 0600.
        let mut temporary = NamedTempFile::new_in(&self.0)?;
        temporary.write_all(&message.bytes)?;
        give_to_owner_of(Some(&self.0), temporary.path())?;
        temporary.as_file().sync_all()?;
        temporary.persist(self.file(message.id)).map_err(|error| error.error)?;
        File::open(&self.0)?.sync_all()
    }
}

/// Gives what root makes to the user who serves, and so owns the folder around it.
fn give_to_owner_of(folder: Option<&Path>, made: &Path) -> io::Result<()> {
    let Some(folder) = folder.filter(|_| geteuid().is_root()) else { return Ok(()) };
    let around = fs::metadata(folder)?;
    if around.uid() == 0 { Ok(()) } else { chown(made, Some(around.uid()), Some(around.gid())) }
}

impl Transport for MailFolder {
    fn deliver(&self, message: &Composed) -> Result<(), DeliveryError> {
        self.write(message).map_err(|error| {
            DeliveryError::Temporary(format!("cannot write to {}: {error}", self.0.display()))
        })
    }
}
