"""Says to Schemathesis what the document cannot say: whose token to send, and what a schema cannot express.

The environment has the CALLER, and SIHHA, the binary. A caller who loses the session, for example by
logging out, gets a new account.
"""

import base64
import calendar
import datetime
import hashlib
import hmac
import itertools
import json
import os
import subprocess
import time
import urllib.parse

import requests
import schemathesis

CALLER = os.environ["CALLER"]
URL = os.environ["URL"]
PASSWORD = "correct horse battery staple"
NUMBERS = itertools.count()
# Where the tests record what they send and get: see tests/harness/recorder.rs.
RECORD = os.environ.get("TEST_RECORD")

PAST = range(1900, datetime.date.today().year)
# Years and leap years in the pattern of a birth date, and those of them that are past.
YEARS = {
    "(?:19|20)[0-9]{2}": PAST,
    "(?:19|20)(?:0[48]|[2468][048]|[13579][26])": filter(calendar.isleap, PAST),
}
YEARS = {pattern: f"(?:{'|'.join(map(str, years))})" for pattern, years in YEARS.items()}


def sihha(*arguments, line=""):
    command = [os.environ["SIHHA"], *arguments]
    return subprocess.run(command, input=line, stdout=subprocess.PIPE, text=True, check=True).stdout


def access_token(path, body):
    response = requests.post(URL + path, json=body, timeout=60)
    assert response.ok, response.text
    return response.json()["access"]


def holder_token(role, is_approved):
    # The sample's e-mail and card number begin with this word.
    with open("registration.json", encoding="utf-8") as sample:
        body = json.loads(sample.read().replace("caller", f"caller{next(NUMBERS)}"))
    token = access_token(f"/api/{role}/register", body)
    if is_approved:
        sihha("approvals", "approve", "--role", role, "--email", body["profile"]["email"])
    return token


def one_time_password(otpauth_uri):
    parameters = urllib.parse.parse_qs(urllib.parse.urlsplit(otpauth_uri).query)
    secret = parameters["secret"][0]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def staff_token(role):
    email = f"caller{next(NUMBERS)}@dsp.dz"
    options = ["--email", email, "--name", "Leïla Amrani", "--role", role]
    created = json.loads(sihha("staff", "create", *options, "--password-stdin", "--json", line=PASSWORD + "\n"))
    otp = one_time_password(created["otpauth_uri"])
    return access_token("/api/staff/login", {"email": email, "password": PASSWORD, "otp": otp})


class Token:
    def get(self, case, context):
        if CALLER in ("reviewer", "admin"):
            return staff_token(CALLER)
        role = CALLER.removeprefix("waiting ")
        return holder_token(role, is_approved=role == CALLER != "user")

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


if CALLER != "anonymous":
    # Longer than a run: a token is replaced after a 401.
    schemathesis.auth(refresh_interval=100_000, retry_on=[401])(Token)


def record(kind, start, headers, body):
    head = "\r\n".join([start, *(f"{name}: {value}" for name, value in headers.items())])
    body = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    line = json.dumps({"test": f"schemathesis as {CALLER}", "kind": kind, "text": f"{head}\r\n\r\n{body}"})
    with open(os.path.join(RECORD, f"schemathesis.{os.getpid()}.jsonl"), "ab", buffering=0) as file:
        file.write(f"{line}\n".encode("utf-8"))


if RECORD:

    @schemathesis.hook
    def after_call(context, case, response):
        request = response.request
        record("sent", f"{request.method} {request.path_url} HTTP/1.1", request.headers, request.body)
        record("received", f"HTTP/1.1 {response.status_code}", response.headers, response.content)


def leave_out_the_future(schema):
    birth_date = schema.get("properties", {}).get("birth_date", {})
    for pattern, past in YEARS.items():
        if "pattern" in birth_date:
            birth_date["pattern"] = birth_date["pattern"].replace(pattern, past)
    for member in schema.get("properties", {}).values():
        leave_out_the_future(member)


def common_members(schemas, schema, other):
    """Returns an object with the members of `schema` that `other` has too, all of them optional."""
    schema = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    common = schema["properties"].keys() & other["properties"].keys()
    return {"type": "object", "properties": {name: common_member(schemas, name, schema, other) for name in sorted(common)}}


def common_member(schemas, name, schema, other):
    member, other = schema["properties"][name], other["properties"][name]
    return common_members(schemas, member, other) if "properties" in other else member


def leave_out_what_needs_no_token(paths):
    """The anonymous caller tests the rest: its operations do not read the token."""
    for path, operations in list(paths.items()):
        paths[path] = {method: operation for method, operation in operations.items() if operation.get("security")}
        if not paths[path]:
            del paths[path]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    schemas = raw_schema["components"]["schemas"]
    for schema in schemas.values():
        leave_out_the_future(schema)
    # The document has one patch for all roles, with the members of each: a role ignores those that
    # it does not have, and may not clear all that another one may clear.
    registration = raw_schema["paths"].get(f"/api/{CALLER.split()[-1]}/register")
    if registration:
        content = registration["post"]["requestBody"]["content"]["application/json"]
        schemas["AccountPatchRequest"] = common_members(schemas, content["schema"], schemas["AccountPatchRequest"])
    if CALLER != "anonymous":
        leave_out_what_needs_no_token(raw_schema["paths"])
