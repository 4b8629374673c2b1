use clap::{Args, Subcommand};
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::place::Wilaya;
use sihha_domain::staff::{StaffRef, StaffRole};
use sihha_domain::staff_name::StaffName;

use super::accounts::{decider, email};
use super::{BlocklistOptions, DatabaseOptions, SecretKeyOptions};

/// A command about staff.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Create a member of staff. Shows the second factor once
    Create(CreateStaffOptions),
    /// List staff, oldest first
    List(ListStaffOptions),
    /// Disable a member, who may then not log in. Ends all sessions of the member
    Disable(StaffOptions),
    /// Enable a disabled member
    Enable(StaffOptions),
    /// Replace the password of a member. Ends all sessions of the member
    ResetPassword(ResetPasswordOptions),
    /// Replace the second factor of a member, and show the new one once. Ends all sessions of the
    /// member
    ResetSecondFactor(ResetSecondFactorOptions),
}

/// Which member to create.
#[derive(Debug, Args)]
pub struct CreateStaffOptions {
    /// E-mail with which the member logs in
    #[arg(long, value_parser = new_email)]
    pub email: EmailAddress,
    /// Name of the person, which applicants and other staff see
    #[arg(long, value_parser = decider)]
    pub name: StaffName,
    /// Health directorate that the person works for
    #[arg(long, value_name = "NAME", value_parser = decider)]
    pub directorate: Option<StaffName>,
    /// Role: reviewer, or admin, who sees everything and manages staff
    #[arg(long, value_parser = role)]
    pub role: StaffRole,
    /// Only applications in this wilaya, such as 31; give it again for more [default: all]
    #[arg(long = "wilaya", value_name = "CODE", value_parser = wilaya)]
    pub wilayas: Vec<Wilaya>,
    /// Only applications for this role: doctor, hospital or labo; give it again for more [default: all]
    #[arg(long = "applicant-role", value_name = "ROLE", value_parser = applicant_role)]
    pub applicant_roles: Vec<Role>,
    /// How the password is given.
    #[command(flatten)]
    pub password: PasswordOptions,
    /// Print one JSON object, for scripts
    #[arg(long)]
    pub json: bool,
    /// The key that encrypts the second factor.
    #[command(flatten)]
    pub secret_key: SecretKeyOptions,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// How the new password is given. There is no argument for it, because other users could read it.
#[derive(Debug, Args)]
pub struct PasswordOptions {
    /// Read the password from the first line of standard input, without a prompt
    #[arg(long)]
    pub password_stdin: bool,
    /// Which passwords are refused.
    #[command(flatten)]
    pub blocklist: BlocklistOptions,
}

/// How to list staff.
#[derive(Debug, Args)]
pub struct ListStaffOptions {
    /// Print one JSON object per line, for scripts
    #[arg(long)]
    pub json: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which member of staff.
#[derive(Debug, Args)]
pub struct StaffOptions {
    /// E-mail of the member (case-insensitive)
    #[arg(long, value_parser = email)]
    pub email: EmailAddress,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

impl StaffOptions {
    /// Returns the reference to the member.
    #[must_use]
    pub fn member(&self) -> StaffRef {
        StaffRef::Email(self.email.clone())
    }
}

/// Whose password to replace.
#[derive(Debug, Args)]
pub struct ResetPasswordOptions {
    /// Which member.
    #[command(flatten)]
    pub member: StaffOptions,
    /// How the password is given.
    #[command(flatten)]
    pub password: PasswordOptions,
}

/// Whose second factor to replace.
#[derive(Debug, Args)]
pub struct ResetSecondFactorOptions {
    /// Which member.
    #[command(flatten)]
    pub member: StaffOptions,
    /// Print one JSON object, for scripts
    #[arg(long)]
    pub json: bool,
    /// The key that encrypts the second factor.
    #[command(flatten)]
    pub secret_key: SecretKeyOptions,
}

fn new_email(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|error| error.to_string())
}

fn role(text: &str) -> Result<StaffRole, String> {
    StaffRole::parse(text).ok_or_else(|| "must be reviewer or admin".to_owned())
}

fn wilaya(text: &str) -> Result<Wilaya, String> {
    Wilaya::parse(text).map_err(|_| "must be the number of a wilaya, 01 to 69".to_owned())
}

fn applicant_role(text: &str) -> Result<Role, String> {
    let role = Role::parse(text).filter(|role| role.needs_approval());
    role.ok_or_else(|| "must be doctor, hospital or labo".to_owned())
}
