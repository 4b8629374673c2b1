use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use sihha_domain::ids::MessageId;
use sihha_domain::mail::{DeliveryError, Mailer, Template};
use sihha_mail::{MailFolder, sample};
use uuid::Uuid;

use crate::context::{mail_to, mailer};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_message_is_a_file_that_only_the_service_reads() {
    let parent = tempfile::tempdir().unwrap();
    let folder = MailFolder::new(parent.path().join("mail"));
    let mail = mail_to("amina@example.com", sample(Template::ResetPassword));
    let mailer = mailer(Arc::new(folder.clone()));
    // The second attempt replaces the file of the first.
    mailer.deliver(&mail).unwrap();
    mailer.deliver(&mail).unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files, [folder.path().join(format!("{}.eml", mail.id))]);
    assert_eq!((mode(folder.path()), mode(&files[0])), (0o700, 0o600));
    let eml = fs::read_to_string(&files[0]).unwrap();
    assert!(eml.starts_with("From: Sihha <no-reply@example.dz>\r\nTo: amina@example.com\r\n"), "{eml}");
}

#[test]
fn the_text_of_a_message_is_read_back() {
    let parent = tempfile::tempdir().unwrap();
    let folder = MailFolder::new(parent.path().join("mail"));
    let mail = mail_to("amina@example.com", sample(Template::ResetPassword));
    assert_eq!(folder.text(mail.id).unwrap(), None, "before the folder exists");
    mailer(Arc::new(folder.clone())).deliver(&mail).unwrap();
    let text = folder.text(mail.id).unwrap().unwrap();
    assert!(text.contains("https://sante.example.dz/reset-password?token=019a"), "{text}");
    let other = MessageId::from_uuid(Uuid::from_u128(1));
    assert_eq!(folder.text(other).unwrap(), None);
}

#[test]
fn a_folder_that_cannot_be_written_to_delays_a_message() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mailer = mailer(Arc::new(MailFolder::new(file.path().to_owned())));
    let error = mailer.deliver(&mail_to("amina@example.com", sample(Template::Test))).unwrap_err();
    let DeliveryError::Temporary(text) = error else { panic!("{error:?}") };
    assert!(text.contains(file.path().to_str().unwrap()) && !text.contains("amina"), "{text}");
}
