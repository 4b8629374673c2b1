use chrono::TimeDelta;
use clap::Args;
use sihha_domain::account::{PerRole, Role};
use sihha_domain::session::SessionLifetimes;

use super::values::time_delta;

/// Lifetimes of tokens and sessions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tokens")]
pub struct LifetimeOptions {
    /// Lifetime of access tokens
    #[arg(long, env = "SIHHA_ACCESS_LIFETIME", default_value = "5m", value_parser = time_delta,
          value_name = "TIME")]
    pub access_lifetime: TimeDelta,
    /// Lifetime of refresh tokens, and so the maximum time that a session may be idle: one for all
    /// roles, or one per role as in the next option
    #[arg(long, env = "SIHHA_REFRESH_LIFETIME", default_value = "24h", value_parser = times_per_role,
          value_name = "TIMES")]
    pub refresh_lifetime: PerRole<TimeDelta>,
    /// Lifetime of sessions, however often they are refreshed
    #[arg(long, env = "SIHHA_SESSION_LIFETIME", default_value = "user=30d,doctor=24h,hospital=24h,labo=24h",
          value_parser = times_per_role, value_name = "TIMES")]
    pub session_lifetime: PerRole<TimeDelta>,
}

impl LifetimeOptions {
    /// Returns the lifetimes in the domain's type.
    #[must_use]
    pub const fn lifetimes(&self) -> SessionLifetimes {
        SessionLifetimes {
            access: self.access_lifetime,
            idle: self.refresh_lifetime,
            absolute: self.session_lifetime,
        }
    }
}

/// Parses `24h` for all roles, or `user=30d,doctor=24h,hospital=24h,labo=24h` with each role once.
fn times_per_role(text: &str) -> Result<PerRole<TimeDelta>, String> {
    if !text.contains('=') {
        return Ok(PerRole::same(time_delta(text)?));
    }
    let mut times = [None; 4];
    for part in text.split(',') {
        let (role, time) = part.split_once('=').ok_or("write it as 24h, or as user=30d,doctor=24h,…")?;
        let index = Role::ALL.iter().position(|known| known.as_str() == role.trim());
        let slot = index.map(|index| &mut times[index]).ok_or_else(|| format!("there is no role {role}"))?;
        if slot.replace(time_delta(time.trim())?).is_some() {
            return Err(format!("{role} is given twice"));
        }
    }
    match times {
        [Some(patient), Some(doctor), Some(hospital), Some(labo)] => {
            Ok(PerRole { patient, doctor, hospital, labo })
        }
        _ => Err("a role is missing: user, doctor, hospital and labo each need a time".to_owned()),
    }
}
