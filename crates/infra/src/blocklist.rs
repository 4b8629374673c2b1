//! Passwords that nobody may choose: the commonest, and those of an operator's list.

mod filter;
mod list;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use sihha_domain::password::{Blocklist, Password};
use tempfile::NamedTempFile;

pub use self::filter::{FilterError, PasswordFilter};
use self::filter::{MAGIC, key};
use self::list::PasswordList;

/// The filter that the build script makes of `data/common-passwords.txt`.
static COMMON: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common-passwords.filter"));

/// A [`Blocklist`] of one or more filters.
pub struct PasswordBlocklist(Vec<PasswordFilter>);

impl PasswordBlocklist {
    /// Returns the list of the commonest passwords.
    ///
    /// # Panics
    ///
    /// Never: the build script made the filter.
    #[must_use]
    pub fn common() -> Self {
        Self(vec![PasswordFilter::read_from(&mut &*COMMON).expect("the build script's filter")])
    }

    /// Adds the passwords of a file: a filter, or a list, of which a filter is made in memory.
    pub fn with_file(mut self, path: &Path) -> Result<Self, FilterError> {
        let mut file = BufReader::new(File::open(path)?);
        let filter = if file.fill_buf()?.starts_with(&MAGIC) {
            PasswordFilter::read_from(&mut file)?
        } else {
            PasswordFilter::of_list(&mut file)?.0
        };
        self.0.push(filter);
        Ok(self)
    }
}

impl Blocklist for PasswordBlocklist {
    /// Looks the password up as it is, as breach lists have it, and in lower case, as other lists are
    /// stored. So each filter finds one of 32,768 passwords by mistake.
    fn contains(&self, password: &Password) -> bool {
        let keys = [key(password.expose()), key(&password.expose().to_lowercase())];
        self.0.iter().any(|filter| keys.iter().any(|key| filter.has(*key)))
    }
}

impl PasswordFilter {
    /// Makes a filter of a list. Also returns the number of lines without a password that could be
    /// chosen.
    pub fn of_list(list: &mut dyn BufRead) -> Result<(Self, u64), FilterError> {
        let PasswordList { keys, skipped } = PasswordList::read(list)?;
        Ok((Self::build(keys)?, skipped))
    }

    /// Writes the filter to a file, which is complete or as it was. Returns its size in bytes.
    pub fn save(&self, path: &Path) -> io::Result<u64> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
        self.write_to(&mut file)?;
        file.flush()?;
        file.as_file().sync_all()?;
        let size = file.as_file().metadata()?.len();
        file.persist(path).map_err(|error| error.error)?;
        Ok(size)
    }
}
