use chrono::{DateTime, Utc};
use sihha_domain::clock::{date_in_algeria, format_timestamp};

fn algerian_date(moment: &str) -> String {
    date_in_algeria(moment.parse::<DateTime<Utc>>().expect("a time")).to_string()
}

#[test]
fn a_day_in_algeria_begins_an_hour_before_the_utc_day() {
    assert_eq!(algerian_date("2026-11-23T00:00:00Z"), "2026-11-23");
    assert_eq!(algerian_date("2026-11-23T22:59:59.999999Z"), "2026-11-23");
    assert_eq!(algerian_date("2026-11-23T23:00:00Z"), "2026-11-24");
    assert_eq!(algerian_date("2026-11-23T23:30:00Z"), "2026-11-24");
}

#[test]
fn a_year_in_algeria_begins_at_23_utc_and_there_is_no_summer_time() {
    assert_eq!(algerian_date("2026-12-31T23:00:00Z"), "2027-01-01");
    assert_eq!(algerian_date("2028-02-28T23:00:00Z"), "2028-02-29");
    assert_eq!(algerian_date("2026-07-14T22:30:00Z"), "2026-07-14");
}

#[test]
fn every_time_is_written_with_three_digits_of_a_second() {
    let written = |time: &str| format_timestamp(time.parse().expect("a time"));
    for (time, expected) in [
        ("2026-11-23T09:30:00Z", "2026-11-23T09:30:00.000Z"),
        ("2026-11-23T09:30:00.5Z", "2026-11-23T09:30:00.500Z"),
        ("2026-11-23T10:30:00.123999+01:00", "2026-11-23T09:30:00.123Z"),
    ] {
        assert_eq!(written(time), expected);
    }
}
