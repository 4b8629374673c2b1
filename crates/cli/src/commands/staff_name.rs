use anyhow::Context;
use sihha_domain::staff_name::StaffName;

/// Returns the name of the user who called sudo, or else of the user who runs this process.
pub(super) fn user_name() -> anyhow::Result<StaffName> {
    let sudo = std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty());
    let user = || nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    sudo.or_else(user)
        .and_then(|name| StaffName::parse(&name).ok())
        .context("this system does not know your name; give the name of the person who decides by --by")
}
