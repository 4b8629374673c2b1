use std::path::{Path, PathBuf};

/// A template that cannot be used: its file, and what is wrong, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct TemplateError {
    file: PathBuf,
    problem: String,
}

impl TemplateError {
    pub(crate) fn new(file: &Path, problem: String) -> Self {
        Self { file: file.to_owned(), problem }
    }
}
