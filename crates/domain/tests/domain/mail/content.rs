use sihha_domain::mail::Template;

#[test]
fn every_template_is_read_by_its_name() {
    for template in Template::ALL {
        assert_eq!(Template::parse(template.as_str()), Some(*template));
    }
    assert_eq!(Template::parse("greeting"), None);
}

#[test]
fn messages_that_anybody_can_cause_and_the_way_back_from_a_change_have_no_limit_of_notices() {
    let others = [
        Template::VerifyEmail,
        Template::ConfirmEmail,
        Template::EmailTaken,
        Template::ResetPassword,
        Template::EmailChanged,
        Template::ManyNotices,
        Template::Test,
    ];
    for template in Template::ALL {
        assert_eq!(template.is_notice(), !others.contains(template), "{template:?}");
    }
}
