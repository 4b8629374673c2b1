use sihha_mail::Sender;

#[test]
fn a_sender_is_an_address_with_or_without_a_name() {
    for (text, domain) in [
        ("no-reply@example.dz", "example.dz"),
        ("Sihha <no-reply@example.dz>", "example.dz"),
        ("Santé <no-reply@santé.example>", "xn--sant-epa.example"),
        ("Sihha <no-reply@localhost>", "localhost"),
    ] {
        assert_eq!(text.parse::<Sender>().unwrap().domain(), domain, "{text}");
    }
    for wrong in ["", "Sihha", "Sihha <>", "a@b, c@d", "a@example.dz\r\nBcc: x@example.dz", "صحة@example.dz"]
    {
        assert!(wrong.parse::<Sender>().is_err(), "{wrong}");
    }
}
