use clap::Args;
use clap::builder::BoolishValueParser;
use sihha_domain::account::{PerRole, Role};
use sihha_domain::session::EmailPolicy;

use super::accounts::role;

/// What accounts need a confirmed e-mail address for.
#[derive(Debug, Clone, Default, Args)]
pub struct EmailOptions {
    /// Roles whose accounts must have a confirmed e-mail address to log in, separated by commas: user,
    /// doctor, hospital, labo
    #[arg(long, env = "SIHHA_REQUIRE_VERIFIED_EMAIL", value_delimiter = ',', value_parser = role, value_name = "ROLE",
          help_heading = "Accounts")]
    pub require_verified_email: Vec<Role>,
    /// Answer a registration with 202 and without tokens, whether the e-mail address is new or taken
    #[arg(long, env = "SIHHA_HIDE_KNOWN_EMAIL", value_parser = BoolishValueParser::new(), help_heading = "Accounts")]
    pub hide_known_email: bool,
}

impl EmailOptions {
    /// Returns the policy in the domain's type.
    #[must_use]
    pub fn policy(&self) -> EmailPolicy {
        let is_named = |role| self.require_verified_email.contains(&role);
        let required = PerRole {
            patient: is_named(Role::Patient),
            doctor: is_named(Role::Doctor),
            hospital: is_named(Role::Hospital),
            labo: is_named(Role::Labo),
        };
        EmailPolicy { required, hides_known: self.hide_known_email }
    }
}
