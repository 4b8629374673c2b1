use chrono::{DateTime, Utc};
use sihha_domain::clock::date_in_algeria;

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
