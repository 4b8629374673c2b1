//! Merge patches of accounts. The first byte chooses the account, the others are the patch.

use sihha_api::testing::{body, document, patched};
use sihha_domain::account::{Account, BirthDate, ImageUrl, PhoneNumber};
use sihha_domain::testing::{doctor, hospital, labo, patient, registered};

use crate::TODAY;

pub(crate) fn run(data: &[u8]) {
    let Some((choice, patch)) = data.split_first() else { return };
    let Ok(patch) = body(patch) else { return };
    let account = account(*choice);
    let changed = match patched(&patch, &account, TODAY) {
        Ok(changed) => changed,
        Err(errors) => return assert!(!errors.is_empty()),
    };
    // A patch sets neither who has the account nor what others decided.
    let rest = |account: &Account| {
        let profile = &account.profile;
        let owner = (
            account.id,
            account.role(),
            profile.email.as_str().to_owned(),
            profile.carte_id.as_str().to_owned(),
        );
        (
            owner,
            account.approval.clone(),
            account.registered_at,
            account.submitted_at,
            account.email_verified_at,
        )
    };
    assert_eq!(rest(&changed), rest(&account), "{patch}");
    assert_eq!(changed.pending_changes, account.pending_changes);
    assert_eq!(patched(&patch, &changed, TODAY).as_ref(), Ok(&changed), "{patch}, again");
    assert_eq!(patched(&document(&changed), &changed, TODAY).as_ref(), Ok(&changed), "its own document");
}

/// Returns an account of each role, with and without stored values that break a rule of today.
fn account(choice: u8) -> Account {
    let details = [patient, doctor, hospital, labo][usize::from(choice % 4)]();
    let mut account = registered(1, "amina@example.com", details);
    if choice & 4 != 0 {
        account.profile.birth_date = BirthDate::from_display("1799-12-31");
        account.profile.numero_tel = Some(PhoneNumber::on_record("poste 12".to_owned()));
        account.profile.image = Some(ImageUrl::on_record("/media/photo.png".to_owned()));
    }
    account
}
