//! Stored values that break today's rules.

use super::fixture::{ObservableStore, application, begun, change, event, hash, insert, member};
use crate::account::{
    Account, AccountRef, Address, Bio, EmailAddress, EmergencyNumbers, ImageUrl, OrganisationName,
    PersonName, PhoneNumber, Profile, Role, RoleDetails,
};
use crate::approval::{ApplicationClaim, ApplicationEventKind, Approval, ApprovalState, Decision};
use crate::identifier::{Identifier, IdentifierSystem, Identifiers};
use crate::ids::RecordId;
use crate::reason::Reason;
use crate::session::{ClientAddress, ClientInfo, Session, UserAgent};
use crate::staff::Actor;
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::suspension::{Reinstatement, Suspension};
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, doctor, hospital, labo, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_account_that_breaks_todays_rules_is_read_as_it_is_stored", accounts),
    ("a_session_that_breaks_todays_rules_is_read_as_it_is_stored", sessions),
    ("staff_texts_that_break_todays_rules_are_read_as_they_are_stored", staff),
];

fn text(text: &str) -> String {
    text.to_owned()
}

/// Returns `account` with values that break today's rules, in every text column.
fn odd(account: Account) -> Account {
    let name = || PersonName::on_record(text("\u{202e}—"));
    let (number, address) = (|| PhoneNumber::on_record(text("poste 12")), || Address::on_record(text("-")));
    let email = format!("{}@localhost", account.role().as_str());
    let profile = Profile {
        email: EmailAddress::on_record(email),
        numero_tel: Some(number()),
        address: Some(Address::on_record(String::new())),
        image: Some(ImageUrl::on_record(text("/media/photo.png"))),
        emergency_numbers: EmergencyNumbers::on_record(vec![text("poste 12"); EmergencyNumbers::MAX + 1]),
        identifiers: Identifiers::on_record([Identifier::on_record(
            IdentifierSystem::Nin,
            account.profile.carte_id.as_str().to_owned() + " \u{202e}",
        )]),
        ..account.profile
    };
    let mut details = account.details;
    match &mut details {
        RoleDetails::Patient(patient) => (patient.first_name, patient.last_name) = (name(), name()),
        RoleDetails::Doctor(doctor) => {
            (doctor.first_name, doctor.last_name) = (name(), name());
            (doctor.bio, doctor.address) = (Some(Bio::on_record(text("…"))), Some(address()));
        }
        RoleDetails::Hospital(hospital) => {
            hospital.name = OrganisationName::on_record(text("?"));
            (hospital.number, hospital.address) = (number(), address());
        }
        RoleDetails::Labo(labo) => {
            labo.name = OrganisationName::on_record(String::new());
            (labo.number, labo.address) = (number(), address());
        }
    }
    Account { profile, details, ..account }
}

fn insert_odd(store: &dyn Store) -> Vec<Account> {
    let holders = [patient(), doctor(), hospital(), labo()];
    let accounts = (1..).zip(holders).map(|(number, details)| {
        let account = odd(registered(number, &format!("odd{number}@example.com"), details));
        insert(store, &account).expect("inserted");
        account
    });
    accounts.collect()
}

fn accounts(store: &dyn ObservableStore) {
    for account in insert_odd(store) {
        let mut repositories = store.autocommit().expect("open");
        assert_eq!(repositories.accounts().find(account.id), Ok(Some(account.clone())));
        let attempt = EmailAddress::attempt(account.profile.email.as_str()).expect("an address to look up");
        let found = repositories.passwords().find(&attempt).expect("readable").expect("found");
        assert_eq!((found.id, found.password.expose()), (account.id, hash().expose()));

        // An update of another field leaves them unchanged.
        let mut changed = account.clone();
        changed.profile.gender = None;
        let updated = repositories.accounts().update(&account, &changed, account.registered_at);
        assert_eq!(updated, Ok(None));
        assert_eq!(repositories.accounts().find(changed.id), Ok(Some(changed)));
    }
}

fn sessions(store: &dyn ObservableStore) {
    let account = registered(1, "patient@example.com", patient());
    insert(store, &account).expect("inserted");
    let client = ClientInfo {
        address: Some(ClientAddress::on_record(text("unknown"))),
        user_agent: Some(UserAgent::on_record("\u{7}".repeat(UserAgent::MAX + 1))),
    };
    let (session, token) = begun(&account, 1);
    let session = Session { client, ..session };
    let mut repositories = store.autocommit().expect("open");
    let mut sessions = repositories.sessions();
    assert_eq!(sessions.adopt(&session, &token.digest()), Ok(true));
    assert_eq!(sessions.live(account.id, account.registered_at, 9), Ok(vec![session]));
}

fn staff(store: &dyn ObservableStore) {
    let randomness = SequenceRandomness::starting_at(1);
    for account in insert_odd(store) {
        let (id, at) = (account.id, account.registered_at);
        let by = || StaffName::on_record(String::new());
        let reason = || Reason::on_record(text("\u{202e}"));
        let mut repositories = store.autocommit().expect("open");
        let record = RecordId::generate(at, &randomness);
        let mut suspension = Suspension { at, by: by(), reason: reason(), reinstatement: None };
        repositories.suspensions().add(id, record, &suspension).expect("added");
        suspension.reinstatement = Some(Reinstatement { at, by: by() });
        repositories.suspensions().reinstate(id, &Reinstatement { at, by: by() }).expect("reinstated");
        drop(repositories);
        let standing = store.begin().expect("begun").suspensions().lock(&AccountRef::Id(id));
        let standing = standing.expect("readable").expect("found");
        assert_eq!((standing.id, standing.role, standing.suspension), (id, account.role(), Some(suspension)));
        assert_eq!((standing.email, standing.name), (account.profile.email.clone(), account.details.name()));
        if account.role() == Role::Patient {
            continue;
        }

        let reason = Some(reason());
        let decision = Decision { by: by(), at, reason: reason.clone(), code: None };
        let rejected = Approval::Rejected(decision);
        let saved = change(store, id, |application| {
            let by = Actor { name: by(), ..member(2) };
            application.claim = Some(ApplicationClaim { by, until: at });
            application.state = ApprovalState::Rejected;
            application.account.approval = Some(rejected);
        });
        assert_eq!(application(store, id), saved);
        let event = event(at, Some(member(1)), ApplicationEventKind::Rejected { code: None, reason });
        let mut repositories = store.autocommit().expect("open");
        repositories.approvals().append(id, &event).expect("appended");
        assert_eq!(repositories.approvals().events(id), Ok(vec![event]));
        let found = repositories.accounts().find(id).expect("readable").expect("found");
        assert_eq!(found.approval, saved.account.approval);
    }
}
