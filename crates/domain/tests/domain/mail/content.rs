use sihha_domain::mail::Template;

#[test]
fn every_template_is_read_by_its_name() {
    for template in Template::ALL {
        assert_eq!(Template::parse(template.as_str()), Some(*template));
    }
    assert_eq!(Template::parse("greeting"), None);
}

#[test]
fn messages_that_anybody_can_cause_are_no_notices() {
    let of_anybody = [
        Template::VerifyEmail,
        Template::ConfirmEmail,
        Template::EmailTaken,
        Template::ResetPassword,
        Template::ManyNotices,
        Template::Test,
    ];
    for template in Template::ALL {
        assert_eq!(template.is_notice(), !of_anybody.contains(template), "{template:?}");
    }
}
