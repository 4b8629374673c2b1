//! All use cases, built from the ports.

mod ports;
mod settings;

use std::sync::Arc;

use crate::account::{ChangeAccount, ImportAccounts, ListAccounts, ReadAccount, Register, RegisterHidden};
use crate::approval::{
    ApplicationEditor, CheckApplication, Claim, CountDuplicates, Decide, ReadApplication, ReadQueue,
    Resubmit, SettleDecisions,
};
use crate::email::{ChangeEmail, RevertEmail, SendVerification, VerifyEmail};
use crate::idempotency::PurgeIdempotencyRecords;
use crate::key::{FindUnknownKeys, ListPublicKeys, RecordKeyUse};
use crate::mail::{
    AnswerMailRequests, DeliverMail, ListMail, Outbox, PurgeMail, ReadMailLink, RequestMail, RetryMail,
    ShowMail, Unrecorded,
};
use crate::password::{ChangePassword, ResetPassword};
use crate::search::{BrowseAccounts, FindDuplicates, SearchAccounts, ShowAccount};
use crate::session::{
    Authenticate, BlockLegacyTokens, LegacySessions, ListSessions, Login, Logout, MarkRestoredSessions,
    PasswordChecker, PurgeSessions, Refresh, RevokeSession, SessionIssuer, VerifyRefreshToken,
};
use crate::staff::{
    AuthenticateStaff, ChangeStaff, CreateStaff, DisableStaff, EnableStaff, ListStaff, ReadStaff,
    RefreshStaff, ResetSecondFactor, ResetStaffPassword, SecondFactorMaker, StaffLogin, StaffLogout,
    StaffSessionIssuer,
};
use crate::store::CheckStore;
use crate::suspension::{LiftThrottle, Reinstate, RevokeAllSessions, Suspend};
use crate::throttle::{PurgeThrottles, Throttle};

pub use self::ports::Ports;
pub use self::settings::Settings;

/// Maximum number of applications in a batch whose possible duplicates are counted: 100,000 are counted
/// gently.
const DUPLICATES_BATCH: u32 = 20;

/// Maximum number of messages, and of requests for messages, in a batch.
const MAIL_BATCH: u32 = 100;

/// All use cases, one per field. Add a new one here.
#[expect(missing_docs, reason = "each type says what it does")]
pub struct UseCases {
    pub register: Register,
    pub register_hidden: RegisterHidden,
    pub import_accounts: ImportAccounts,
    pub list_accounts: ListAccounts,
    pub read_account: ReadAccount,
    pub search_accounts: SearchAccounts,
    pub browse_accounts: BrowseAccounts,
    pub find_duplicates: FindDuplicates,
    pub show_account: ShowAccount,
    pub change_account: ChangeAccount,
    pub change_password: ChangePassword,
    pub reset_password: ResetPassword,
    pub verify_email: VerifyEmail,
    pub send_verification: SendVerification,
    pub change_email: ChangeEmail,
    pub revert_email: RevertEmail,
    pub request_mail: RequestMail,
    pub answer_mail_requests: AnswerMailRequests,
    pub read_mail_link: ReadMailLink,
    pub login: Login,
    pub authenticate: Authenticate,
    pub verify_refresh_token: VerifyRefreshToken,
    pub refresh: Refresh,
    pub logout: Logout,
    pub list_sessions: ListSessions,
    pub revoke_session: RevokeSession,
    pub purge_sessions: PurgeSessions,
    pub purge_idempotency_records: PurgeIdempotencyRecords,
    pub mark_restored_sessions: MarkRestoredSessions,
    pub block_legacy_tokens: BlockLegacyTokens,
    pub decide: Decide,
    pub claim: Claim,
    pub read_queue: ReadQueue,
    pub read_application: ReadApplication,
    pub settle_decisions: SettleDecisions,
    pub count_duplicates: CountDuplicates,
    pub resubmit: Resubmit,
    pub check_application: CheckApplication,
    pub suspend: Suspend,
    pub reinstate: Reinstate,
    pub revoke_all_sessions: RevokeAllSessions,
    pub lift_throttle: LiftThrottle,
    pub create_staff: CreateStaff,
    pub list_staff: ListStaff,
    pub read_staff: ReadStaff,
    pub change_staff: ChangeStaff,
    pub disable_staff: DisableStaff,
    pub enable_staff: EnableStaff,
    pub reset_staff_password: ResetStaffPassword,
    pub reset_second_factor: ResetSecondFactor,
    pub staff_login: StaffLogin,
    pub refresh_staff: RefreshStaff,
    pub staff_logout: StaffLogout,
    pub authenticate_staff: AuthenticateStaff,
    pub deliver_mail: DeliverMail,
    pub list_mail: ListMail,
    pub show_mail: ShowMail,
    pub retry_mail: RetryMail,
    pub purge_mail: PurgeMail,
    pub purge_throttles: PurgeThrottles,
    pub list_public_keys: ListPublicKeys,
    pub record_key_use: RecordKeyUse,
    pub find_unknown_keys: FindUnknownKeys,
    pub check_store: CheckStore,
}

impl UseCases {
    /// Builds the use cases.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a list of all use cases with their ports")]
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let Ports {
            store,
            hasher,
            password_policy: policy,
            staff_password_policy: staff_policy,
            issuer,
            staff_issuer,
            one_time_codes: codes,
            secret_box,
            mailer,
            public_keys,
            signing_keys,
            legacy_tokens,
            clock,
            randomness,
        } = ports;
        let Settings { lifetimes, refresh_grace, email_policy, purge_batch, throttle: stuffing, mail_lease } =
            settings;
        let throttle = Throttle { store: store.clone(), clock: clock.clone(), stuffing };
        let checker = PasswordChecker {
            store: store.clone(),
            hasher: hasher.clone(),
            throttle: throttle.clone(),
            email_policy,
        };
        let outbox = Outbox { secret_box: secret_box.clone(), randomness: randomness.clone() };
        let session_issuer = Arc::new(SessionIssuer {
            issuer: issuer.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
            lifetimes,
        });
        let staff_session_issuer = Arc::new(StaffSessionIssuer {
            issuer: staff_issuer,
            clock: clock.clone(),
            randomness: randomness.clone(),
            access: lifetimes.access,
        });
        let second_factors = Arc::new(SecondFactorMaker {
            codes: codes.clone(),
            secret_box: secret_box.clone(),
            randomness: randomness.clone(),
        });
        let legacy = legacy_tokens.map(|reader| LegacySessions { reader, store: store.clone(), lifetimes });
        let verify_refresh_token =
            VerifyRefreshToken { issuer: issuer.clone(), legacy, store: store.clone(), clock: clock.clone() };
        let editor = ApplicationEditor {
            store: store.clone(),
            outbox: outbox.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
        };
        Self {
            register: Register {
                store: store.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                session_issuer: session_issuer.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
                randomness: randomness.clone(),
            },
            register_hidden: RegisterHidden {
                store: store.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
                randomness: randomness.clone(),
            },
            import_accounts: ImportAccounts {
                store: store.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                clock: clock.clone(),
                randomness: randomness.clone(),
            },
            list_accounts: ListAccounts { store: store.clone() },
            search_accounts: SearchAccounts { store: store.clone() },
            browse_accounts: BrowseAccounts { store: store.clone() },
            find_duplicates: FindDuplicates { store: store.clone() },
            show_account: ShowAccount { store: store.clone() },
            read_account: ReadAccount { store: store.clone(), clock: clock.clone() },
            change_account: ChangeAccount {
                store: store.clone(),
                clock: clock.clone(),
                randomness: randomness.clone(),
            },
            change_password: ChangePassword {
                store: store.clone(),
                throttle: throttle.clone(),
                hasher: hasher.clone(),
                policy: policy.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
            },
            reset_password: ResetPassword {
                store: store.clone(),
                throttle: throttle.clone(),
                hasher: hasher.clone(),
                policy,
                outbox: outbox.clone(),
                clock: clock.clone(),
            },
            verify_email: VerifyEmail {
                store: store.clone(),
                throttle: throttle.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
            },
            send_verification: SendVerification {
                store: store.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
            },
            change_email: ChangeEmail {
                store: store.clone(),
                throttle: throttle.clone(),
                hasher: hasher.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
            },
            revert_email: RevertEmail {
                store: store.clone(),
                throttle: throttle.clone(),
                hasher: hasher.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
            },
            request_mail: RequestMail { store: store.clone(), clock: clock.clone() },
            answer_mail_requests: AnswerMailRequests {
                store: store.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
                batch_size: MAIL_BATCH,
            },
            read_mail_link: ReadMailLink { store: store.clone(), clock: clock.clone() },
            login: Login {
                store: store.clone(),
                checker: checker.clone(),
                session_issuer: session_issuer.clone(),
                outbox: outbox.clone(),
            },
            authenticate: Authenticate { issuer, clock: clock.clone() },
            refresh: Refresh {
                store: store.clone(),
                session_issuer: session_issuer.clone(),
                grace: refresh_grace,
            },
            logout: Logout {
                store: store.clone(),
                verify_refresh_token: verify_refresh_token.clone(),
                clock: clock.clone(),
            },
            verify_refresh_token,
            list_sessions: ListSessions { store: store.clone(), clock: clock.clone() },
            revoke_session: RevokeSession { store: store.clone(), clock: clock.clone() },
            purge_sessions: PurgeSessions {
                store: store.clone(),
                clock: clock.clone(),
                batch_size: purge_batch,
            },
            purge_idempotency_records: PurgeIdempotencyRecords {
                store: store.clone(),
                clock: clock.clone(),
                batch_size: purge_batch,
            },
            mark_restored_sessions: MarkRestoredSessions { store: store.clone(), clock: clock.clone() },
            block_legacy_tokens: BlockLegacyTokens { store: store.clone(), clock: clock.clone() },
            decide: Decide { editor: editor.clone() },
            claim: Claim { editor: editor.clone() },
            read_queue: ReadQueue { store: store.clone() },
            read_application: ReadApplication { store: store.clone() },
            settle_decisions: SettleDecisions { editor: editor.clone(), batch_size: purge_batch },
            count_duplicates: CountDuplicates { store: store.clone(), batch_size: DUPLICATES_BATCH },
            resubmit: Resubmit { editor },
            check_application: CheckApplication { store: store.clone(), checker, session_issuer },
            suspend: Suspend {
                store: store.clone(),
                outbox: outbox.clone(),
                clock: clock.clone(),
                randomness: randomness.clone(),
            },
            lift_throttle: LiftThrottle { store: store.clone(), clock: clock.clone() },
            revoke_all_sessions: RevokeAllSessions { store: store.clone(), clock: clock.clone() },
            reinstate: Reinstate { store: store.clone(), outbox: outbox.clone(), clock: clock.clone() },
            create_staff: CreateStaff {
                store: store.clone(),
                hasher: hasher.clone(),
                policy: staff_policy.clone(),
                second_factors: second_factors.clone(),
                clock: clock.clone(),
                randomness,
            },
            list_staff: ListStaff { store: store.clone() },
            read_staff: ReadStaff { store: store.clone() },
            change_staff: ChangeStaff { store: store.clone() },
            disable_staff: DisableStaff { store: store.clone(), clock: clock.clone() },
            enable_staff: EnableStaff { store: store.clone(), clock: clock.clone() },
            reset_staff_password: ResetStaffPassword {
                store: store.clone(),
                hasher: hasher.clone(),
                policy: staff_policy,
                clock: clock.clone(),
            },
            reset_second_factor: ResetSecondFactor {
                store: store.clone(),
                second_factors,
                clock: clock.clone(),
            },
            staff_login: StaffLogin {
                store: store.clone(),
                throttle: throttle.clone(),
                hasher,
                codes,
                secret_box,
                clock: clock.clone(),
                session_issuer: staff_session_issuer.clone(),
            },
            refresh_staff: RefreshStaff {
                store: store.clone(),
                session_issuer: staff_session_issuer.clone(),
                grace: refresh_grace,
            },
            staff_logout: StaffLogout { store: store.clone(), session_issuer: staff_session_issuer.clone() },
            authenticate_staff: AuthenticateStaff {
                store: store.clone(),
                session_issuer: staff_session_issuer,
            },
            deliver_mail: DeliverMail {
                store: store.clone(),
                mailer,
                outbox: outbox.clone(),
                clock: clock.clone(),
                lease: mail_lease,
                batch_size: MAIL_BATCH,
                unrecorded: Unrecorded::default(),
            },
            list_mail: ListMail { store: store.clone() },
            show_mail: ShowMail { store: store.clone() },
            retry_mail: RetryMail { store: store.clone(), clock: clock.clone() },
            purge_throttles: PurgeThrottles {
                store: store.clone(),
                clock: clock.clone(),
                batch_size: purge_batch,
            },
            purge_mail: PurgeMail { store: store.clone(), clock: clock.clone(), batch_size: purge_batch },
            list_public_keys: ListPublicKeys { keys: public_keys, clock: clock.clone() },
            record_key_use: RecordKeyUse {
                store: store.clone(),
                keys: signing_keys.clone(),
                clock: clock.clone(),
                longest_token: lifetimes.longest_token(),
            },
            find_unknown_keys: FindUnknownKeys { store: store.clone(), keys: signing_keys, clock },
            check_store: CheckStore { store },
        }
    }
}
