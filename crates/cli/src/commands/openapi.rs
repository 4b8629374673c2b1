use std::io::Write;

/// Prints the OpenAPI document.
pub(crate) fn run() -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(sihha_api::openapi::json().as_bytes())?)
}
