//! The binary `sihha`, as whoever starts it sees it: options, output, exit status, and what it leaves behind.

mod accounts;
mod approvals;
mod connections;
mod database_url;
mod early_exit;
mod embedded_postgres;
mod keys;
mod left_behind;
mod log_accounts;
mod log_options;
mod logging;
mod lost_database;
mod migrate;
mod notices;
mod openapi;
mod options;
mod orphans;
mod output;
mod process;
mod serve;
mod start;
mod start_errors;
mod stop;
mod sweep;
mod unknown_keys;
mod unread_log;
