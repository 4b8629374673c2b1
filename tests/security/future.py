"""Says to Schemathesis what a regular expression cannot say: that a birth date is not in the future."""

import calendar
import datetime

import schemathesis

PAST = range(1900, datetime.date.today().year)
# Years and leap years in the pattern of a birth date, and those of them that are past.
YEARS = {
    "(?:19|20)[0-9]{2}": PAST,
    "(?:19|20)(?:0[48]|[2468][048]|[13579][26])": filter(calendar.isleap, PAST),
}
YEARS = {pattern: f"(?:{'|'.join(map(str, years))})" for pattern, years in YEARS.items()}


def leave_out_the_future(schema):
    birth_date = schema.get("properties", {}).get("birth_date", {})
    for pattern, past in YEARS.items():
        if "pattern" in birth_date:
            birth_date["pattern"] = birth_date["pattern"].replace(pattern, past)
    for member in schema.get("properties", {}).values():
        leave_out_the_future(member)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for schema in raw_schema["components"]["schemas"].values():
        leave_out_the_future(schema)
