"""Registers a patient, logs in, reads and changes the account, and logs out, by the generated client."""

import sys

from sihha_client import AuthenticatedClient, Client
from sihha_client.api.account import get_own_account, update_own_account
from sihha_client.api.login import login
from sihha_client.api.registration import register_patient
from sihha_client.api.tokens import log_out
from sihha_client.models import (
    AccountPatchRequest,
    AccountResponse,
    Gender,
    LoginRequest,
    LoginResponse,
    Problem,
    ProblemCode,
    RefreshRequest,
    RegisterPatientRequest,
    RegisterPatientResponse,
    Role,
)

EMAIL = "amina@example.com"
PASSWORD = "mot de passe صحيح"
BIRTH_DATE = "1942-05"

service = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)

registration = RegisterPatientRequest(
    email=EMAIL,
    password=PASSWORD,
    carte_id="AMINA1",
    first_name="آمنة",
    last_name="Bénabadji",
    birth_date=BIRTH_DATE,
    numero_tel="555-1234",
    gender=Gender.FEMALE,
)
registered = register_patient.sync(client=service, body=registration)
assert isinstance(registered, RegisterPatientResponse), registered
assert registered.married is None, registered

again = register_patient.sync(client=service, body=registration)
assert isinstance(again, Problem), again
assert (again.status, again.code) == (409, ProblemCode.TAKEN), again

tokens = login.sync(client=service, body=LoginRequest(email=EMAIL, password=PASSWORD))
assert isinstance(tokens, LoginResponse), tokens
assert tokens.role is Role.USER and tokens.expires_in > 0, tokens

caller = AuthenticatedClient(base_url=sys.argv[1], token=tokens.access, raise_on_unexpected_status=True)
account = get_own_account.sync(client=caller)
assert isinstance(account, AccountResponse), account
assert (account.id, account.birth_date, account.address) == (registered.id, BIRTH_DATE, None), account

changes = AccountPatchRequest(address="Cité des 1200 logements, Bab Ezzouar", married=True)
changed = update_own_account.sync(client=caller, body=changes)
assert isinstance(changed, AccountResponse), changed
assert changed.married is True, changed
print(changed.address)

assert log_out.sync_detailed(client=service, body=RefreshRequest(refresh=tokens.refresh)).status_code == 200
refused = get_own_account.sync(client=caller)
assert isinstance(refused, Problem), refused
assert refused.code is ProblemCode.TOKEN_NOT_VALID, refused
