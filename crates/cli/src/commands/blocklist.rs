use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use sihha_infra::blocklist::PasswordFilter;

use crate::config::{BlocklistCommand, BuildBlocklistOptions};
use crate::output;

/// Makes a filter of a list of passwords.
pub(crate) fn run(BlocklistCommand::Build(options): &BlocklistCommand) -> anyhow::Result<()> {
    let BuildBlocklistOptions { list, out } = options;
    let mut lines: Box<dyn BufRead> = if list == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(list).with_context(|| list.display().to_string())?))
    };
    let made = PasswordFilter::of_list(&mut *lines).with_context(|| list.display().to_string());
    let (filter, skipped) = made?;
    let size = filter.save(out).with_context(|| out.display().to_string())?;
    let skipped = match skipped {
        0 => String::new(),
        skipped => format!("; skipped {skipped} lines that are no password of 8 to 128 characters"),
    };
    output::report(&format!(
        "wrote a filter of {} passwords, {size} bytes, to {}{skipped}\n",
        filter.count(),
        out.display()
    ));
    Ok(())
}
