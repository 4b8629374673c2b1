use crate::output;

/// Prints the OpenAPI document.
pub(crate) fn run() -> anyhow::Result<()> {
    output::print(&sihha_api::openapi_json())
}
