//! The store on Postgres.
//!
//! A new noun adds its module, its repository and the rights to its table here.

mod account;
mod account_ref;
mod advisory_locks;
mod approval;
mod cached_sql;
mod card_conflicts;
mod clock;
mod combined_insert;
mod connect_error;
mod connection;
mod connection_limit;
mod database;
mod device;
mod errors;
mod idempotency;
mod key;
mod legacy_token;
mod libpq;
mod limits;
mod locate;
mod lock_watcher;
mod mail_request;
mod mail_token;
mod migrations;
mod outages;
mod outbox;
mod password;
mod place;
mod plan_cache_mode;
mod probe;
mod rate_limit;
mod rights;
mod role_table;
mod schema;
mod search;
mod search_keys;
mod search_keys_refresh;
mod server_state;
mod session;
mod staff;
mod staff_session;
mod start_connection;
mod store;
mod store_connection;
mod suspension;
mod throttle;

pub use clock::DatabaseClock;
pub use connect_error::ConnectError;
pub use connection_limit::allowed_connections;
pub use database::Database;
pub use libpq::InvalidConnInfo;
pub use limits::StatementLimits;
pub use locate::{LocateError, locate};
pub use lock_watcher::Blocker;
pub use migrations::{
    Contracting, MigrateError, MigrateSettings, Migrated, SchemaError, check_schema, migrate,
};
pub use plan_cache_mode::PlanCacheMode;
pub use rights::{RightsError, check_ownership, check_rights, grant_rights};
pub use store::{PgStore, PoolSettings};

use sihha_domain::account::AccountRepository;
use sihha_domain::approval::ApprovalRepository;
use sihha_domain::idempotency::IdempotencyRepository;
use sihha_domain::key::KeyUseRepository;
use sihha_domain::mail::{MailRequestRepository, MailTokenRepository, OutboxRepository};
use sihha_domain::password::PasswordRepository;
use sihha_domain::rate_limit::RateLimitRepository;
use sihha_domain::search::AccountSearch;
use sihha_domain::session::{DeviceRepository, LegacyTokenRepository, SessionRepository};
use sihha_domain::staff::{StaffRepository, StaffSessionRepository};
use sihha_domain::store::{Repositories, StoreError, Transaction};
use sihha_domain::suspension::SuspensionRepository;
use sihha_domain::throttle::ThrottleRepository;

use self::account::PgAccounts;
use self::approval::PgApprovals;
use self::device::PgDevices;
use self::idempotency::PgIdempotency;
use self::key::PgKeyUses;
use self::legacy_token::PgLegacyTokens;
use self::mail_request::PgMailRequests;
use self::mail_token::PgMailTokens;
use self::outbox::PgOutbox;
use self::password::PgPasswords;
use self::rate_limit::PgRateLimits;
use self::search::PgSearch;
use self::session::PgSessions;
use self::staff::PgStaff;
use self::staff_session::PgStaffSessions;
use self::store_connection::StoreConnection;
use self::suspension::PgSuspensions;
use self::throttle::PgThrottles;

/// The tables, the rights that the service needs, and the further rights that the staff's commands
/// need.
const NEEDED_RIGHTS: &str = "needed (name, privileges, of_commands) AS (VALUES
        ('__diesel_schema_migrations', '{SELECT}'::text[], '{}'::text[]),
        ('specialites', '{SELECT}', '{}'), ('facility_types', '{SELECT}', '{}'),
        ('wilayas', '{SELECT}', '{}'), ('communes', '{SELECT}', '{}'),
        ('identifiers', '{SELECT, INSERT, DELETE}', '{}'),
        ('sessions', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('idempotency_records', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('profiles', '{SELECT, INSERT, UPDATE}', '{}'), ('passwords', '{SELECT, INSERT, UPDATE}', '{}'),
        ('patients', '{SELECT, INSERT, UPDATE}', '{}'), ('doctors', '{SELECT, INSERT, UPDATE}', '{}'),
        ('hospitals', '{SELECT, INSERT, UPDATE}', '{}'), ('labos', '{SELECT, INSERT, UPDATE}', '{}'),
        ('search_keys', '{SELECT, INSERT, UPDATE}', '{}'),
        ('profile_identifiers', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('approvals', '{SELECT, INSERT, UPDATE}', '{}'), ('application_events', '{SELECT, INSERT}', '{}'),
        ('rejection_reasons', '{SELECT}', '{}'), ('suspensions', '{SELECT, INSERT, UPDATE}', '{}'),
        ('signing_keys', '{SELECT, INSERT, UPDATE}', '{}'),
        ('blocked_legacy_tokens', '{SELECT}', '{INSERT}'),
        ('staff', '{SELECT, INSERT, UPDATE}', '{}'),
        ('staff_recovery_codes', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('staff_requests', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('staff_sessions', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('outbox', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('mail_tokens', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('mail_requests', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('rate_limits', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('devices', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('throttles', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('network_failures', '{SELECT, INSERT, UPDATE, DELETE}', '{}')
    )";

/// The repositories on one connection.
struct PgRepositories(StoreConnection);

impl Repositories for PgRepositories {
    fn accounts(&mut self) -> Box<dyn AccountRepository + '_> {
        Box::new(PgAccounts(&mut self.0))
    }

    fn search(&mut self) -> Box<dyn AccountSearch + '_> {
        Box::new(PgSearch(&mut self.0))
    }

    fn passwords(&mut self) -> Box<dyn PasswordRepository + '_> {
        Box::new(PgPasswords(&mut self.0))
    }

    fn approvals(&mut self) -> Box<dyn ApprovalRepository + '_> {
        Box::new(PgApprovals(&mut self.0))
    }

    fn suspensions(&mut self) -> Box<dyn SuspensionRepository + '_> {
        Box::new(PgSuspensions(&mut self.0))
    }

    fn sessions(&mut self) -> Box<dyn SessionRepository + '_> {
        Box::new(PgSessions(&mut self.0))
    }

    fn staff(&mut self) -> Box<dyn StaffRepository + '_> {
        Box::new(PgStaff(&mut self.0))
    }

    fn staff_sessions(&mut self) -> Box<dyn StaffSessionRepository + '_> {
        Box::new(PgStaffSessions(&mut self.0))
    }

    fn devices(&mut self) -> Box<dyn DeviceRepository + '_> {
        Box::new(PgDevices(&mut self.0))
    }

    fn outbox(&mut self) -> Box<dyn OutboxRepository + '_> {
        Box::new(PgOutbox(&mut self.0))
    }

    fn mail_tokens(&mut self) -> Box<dyn MailTokenRepository + '_> {
        Box::new(PgMailTokens(&mut self.0))
    }

    fn mail_requests(&mut self) -> Box<dyn MailRequestRepository + '_> {
        Box::new(PgMailRequests(&mut self.0))
    }

    fn rate_limits(&mut self) -> Box<dyn RateLimitRepository + '_> {
        Box::new(PgRateLimits(&mut self.0))
    }

    fn throttles(&mut self) -> Box<dyn ThrottleRepository + '_> {
        Box::new(PgThrottles(&mut self.0))
    }

    fn idempotency(&mut self) -> Box<dyn IdempotencyRepository + '_> {
        Box::new(PgIdempotency(&mut self.0))
    }

    fn key_uses(&mut self) -> Box<dyn KeyUseRepository + '_> {
        Box::new(PgKeyUses(&mut self.0))
    }

    fn legacy_tokens(&mut self) -> Box<dyn LegacyTokenRepository + '_> {
        Box::new(PgLegacyTokens(&mut self.0))
    }
}

impl Transaction for PgRepositories {
    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.0.commit()
    }
}
