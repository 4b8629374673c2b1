### Texts of problem documents of staff.

otp_required = One-time code required
    .detail = Enter a new code from your authenticator, or a recovery code.
unknown_account = Unknown account
    .detail = There is no such account, or it is outside your scope.
unknown_member = Unknown member of staff
    .detail = There is no such member of staff.
claimed_by_other = Claimed by somebody else
    .detail = Somebody else is reviewing this application. Take it over, or review another one.
nothing_to_undo = Nothing to undo
    .detail = The decision has taken effect. Reopen the application instead.
last_admin = Last administrator
    .detail = At least one administrator must remain. Add another one first.
reason_required = Reason required
    .detail = Give the reason for reading this account, in the header `X-Access-Reason` or the parameter `reason`.
no_secret_key = Staff cannot log in
    .detail = The service has no secret key. The operator sets `SIHHA_SECRET_KEY_FILE`.
