use chrono::{DateTime, Days, NaiveDate, Utc};
use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::{BirthDate, Presumed};
use sihha_domain::clock::date_in_algeria;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date")
}

fn read(text: &str) -> Result<String, FieldError> {
    BirthDate::parse(text, today()).map(|value| value.to_string())
}

#[test]
fn dates_of_the_contract_are_accepted() {
    for text in ["1990-05-15", "2003-09-15", "2024-02-29"] {
        assert_eq!(read(text).as_deref(), Ok(text));
    }
    assert_eq!(read(" 1990-05-15\n").as_deref(), Ok("1990-05-15"));
}

#[test]
fn today_is_a_valid_birth_date_and_tomorrow_is_not() {
    assert_eq!(read("2026-11-23").as_deref(), Ok("2026-11-23"));
    assert_eq!(read("2026-11-24"), Err(FieldError::InFuture));
}

#[test]
fn from_23_utc_on_it_is_already_tomorrow_in_algeria() {
    let read_at = |moment: &str| {
        let moment: DateTime<Utc> = moment.parse().expect("a time");
        BirthDate::parse("2026-11-24", date_in_algeria(moment)).map(|value| value.to_string())
    };
    assert_eq!(read_at("2026-11-23T22:59:59Z"), Err(FieldError::InFuture));
    assert_eq!(read_at("2026-11-23T23:30:00Z").as_deref(), Ok("2026-11-24"));
}

#[test]
fn an_age_of_more_than_150_years_is_rejected() {
    assert_eq!(read("1876-11-23").as_deref(), Ok("1876-11-23"));
    for text in ["1876-11-22", "1876-01-01", "1875-12-31", "1066-10-14", "0001-01-01"] {
        assert_eq!(read(text), Err(FieldError::TooLongAgo { years: 150 }), "{text}");
    }
}

#[test]
fn on_a_leap_day_the_limit_is_the_last_day_of_february() {
    let leap_day = NaiveDate::from_ymd_opt(2024, 2, 29).expect("a date");
    assert!(BirthDate::parse("1874-02-28", leap_day).is_ok());
    assert_eq!(BirthDate::parse("1874-02-27", leap_day), Err(FieldError::TooLongAgo { years: 150 }));
}

#[test]
fn a_day_that_the_calendar_does_not_have_is_rejected() {
    for text in
        ["2023-02-30", "2023-02-29", "1900-02-29", "2000-13-01", "2000-00-10", "2000-01-00", "2000-04-31"]
    {
        assert_eq!(read(text), Err(FieldError::NoSuchDay), "{text}");
    }
}

#[test]
fn a_date_in_another_format_is_rejected() {
    for text in [
        "1990-5-1",
        "1990-05-1",
        "+1990-05-1",
        "+1990-5-01",
        "-1900-5-01",
        "-1990-05-1",
        "01990-5-01",
        "1990-005-1",
        "90-05-0015",
        "19900515",
        "1990/05/15",
        "15-05-1990",
        "15/05/1990",
        "1990-05-15T00:00:00Z",
        "1990-05- 1",
        "----------",
        "1990--5-15",
        "١٩٩٠-٠٥-١٥",
        "1990‐05‐15",
        "yesterday",
    ] {
        let outcome = read(text);
        assert!(matches!(outcome, Err(FieldError::Malformed { .. })), "{text}: {outcome:?}");
    }
}

#[test]
fn an_empty_date_is_missing() {
    for text in ["", "  "] {
        assert_eq!(read(text), Err(FieldError::Required));
    }
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn a_stored_date_is_kept_on_any_day() {
    let day = date("1800-01-01");
    assert_eq!(BirthDate::on_record(day, None).first_day(), day);
    assert_eq!(BirthDate::on_record(day, Some(Presumed::Month)).to_string(), "1800-01");
    assert_eq!(BirthDate::on_record(day, Some(Presumed::Year)).to_string(), "1800");
}

#[test]
fn a_full_date_that_replaced_a_presumed_one_is_a_full_date() {
    for (day, presumed) in
        [("1942-01-02", Presumed::Year), ("1942-05-01", Presumed::Year), ("1942-05-02", Presumed::Month)]
    {
        assert_eq!(BirthDate::on_record(date(day), Some(presumed)).to_string(), day);
    }
}

#[test]
fn the_day_and_the_month_may_be_left_out() {
    for text in ["1942", "1942-05", "1876", "1876-11", "2026", "2026-11"] {
        assert_eq!(read(text).as_deref(), Ok(text));
    }
    for (text, error) in [
        ("2027", FieldError::InFuture),
        ("2026-12", FieldError::InFuture),
        ("1875", FieldError::TooLongAgo { years: 150 }),
        ("1876-10", FieldError::TooLongAgo { years: 150 }),
        ("1942-00", FieldError::NoSuchDay),
        ("1942-13", FieldError::NoSuchDay),
    ] {
        assert_eq!(read(text), Err(error), "{text}");
    }
    for text in [
        "42", "194", "01942", "1942-", "1942-5", "19425", "1942/05", "1942-05-", "05-1942", "né 1942", "١٩٤٢",
    ] {
        let outcome = read(text);
        assert!(matches!(outcome, Err(FieldError::Malformed { .. })), "{text}: {outcome:?}");
    }
}

#[test]
fn the_present_month_and_year_are_those_of_algeria() {
    let read_at = |text, moment: &str| {
        let moment: DateTime<Utc> = moment.parse().expect("a time");
        BirthDate::parse(text, date_in_algeria(moment)).map(|value| value.to_string())
    };
    for text in ["2027", "2027-01"] {
        assert_eq!(read_at(text, "2026-12-31T22:59:59Z"), Err(FieldError::InFuture));
        assert_eq!(read_at(text, "2026-12-31T23:00:00Z").as_deref(), Ok(text));
    }
}

#[test]
fn presumed_dates_are_compared_as_ranges() {
    let parse = |text| BirthDate::parse(text, today()).expect("a birth date");
    for (text, first, last) in [
        ("1942", "1942-01-01", "1942-12-31"),
        ("1942-02", "1942-02-01", "1942-02-28"),
        ("1944-02", "1944-02-01", "1944-02-29"),
        ("1942-12", "1942-12-01", "1942-12-31"),
        ("1942-05-15", "1942-05-15", "1942-05-15"),
    ] {
        assert_eq!(parse(text).range(), date(first)..=date(last), "{text}");
    }
    for (one, other, overlap) in [
        ("1942", "1942-12-31", true),
        ("1942", "1942-05", true),
        ("1942-05", "1942-05-01", true),
        ("1942-05-15", "1942-05-15", true),
        ("1942", "1943", false),
        ("1942", "1943-01-01", false),
        ("1942-05", "1942-06", false),
        ("1942-05-15", "1942-05-16", false),
    ] {
        assert_eq!(parse(one).overlaps(&parse(other)), overlap, "{one} and {other}");
        assert_eq!(parse(other).overlaps(&parse(one)), overlap, "{other} and {one}");
    }
}

/// From 1876-11-23 to [`today`]: 36 leap days, because 1900 had none.
const DAYS_IN_150_YEARS: u64 = 150 * 365 + 36;

proptest! {
    #[test]
    fn every_day_of_the_last_150_years_is_accepted(days in 0..=DAYS_IN_150_YEARS) {
        let text = (today() - Days::new(days)).to_string();
        prop_assert_eq!(read(&text), Ok(text));
    }

    #[test]
    fn every_day_before_150_years_ago_is_refused(days in DAYS_IN_150_YEARS + 1..DAYS_IN_150_YEARS + 400) {
        let text = (today() - Days::new(days)).to_string();
        prop_assert_eq!(read(&text), Err(FieldError::TooLongAgo { years: 150 }));
    }

    #[test]
    fn every_future_date_is_rejected(days in 1..1_000_000_u64) {
        prop_assert_eq!(read(&(today() + Days::new(days)).to_string()), Err(FieldError::InFuture));
    }

    #[test]
    fn an_accepted_date_is_kept_as_sent(
        text in "[-+0 ]?(18|19|20)[0-9]{2}([-/ ]?[0-9]{1,3}(-[0-9]{1,3})?)?|.{10}",
    ) {
        if let Ok(date) = read(&text) {
            prop_assert_eq!(date, text.trim());
        }
    }
}
