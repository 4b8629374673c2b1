### Texts of problem documents.
###
### `<code>` is the title of a problem and `.detail` says what to do. `field_<code>` is what is wrong with one field.
### Readers are doctors, patients and staff of hospitals; those of a few codes are developers of clients.

invalid_fields = Invalid fields
    .detail = Some fields are missing or invalid. Correct them and try again.
malformed_json = Malformed JSON
    .detail = { $defect ->
        [incomplete] The request body ends too early, at line { $line }, column { $column }.
        [syntax] The request body has a syntax error at line { $line }, column { $column }.
        [utf_16] The request body is in UTF-16. Send it in UTF-8.
        [not_utf_8] The request body is not in UTF-8, but perhaps in Latin-1, at line { $line }, column { $column }. Send it in UTF-8.
       *[not_an_object] The request body must be a JSON object.
    }
bad_request = Bad request
    .detail = { $defect ->
        [two_authorizations] The header `Authorization` must be sent only once.
       *[unreadable] The request could not be read. Send it again.
    }
invalid_idempotency_key = Invalid idempotency key
    .detail = `Idempotency-Key` must be sent once, with 1 to 255 visible ASCII characters, without quotation marks and backslashes.
wrong_credentials = Wrong e-mail or password
    .detail = Check the e-mail address, the password and the type of account.
token_not_valid = Session not valid
    .detail = Your session has expired or is not valid. Log in again.
link_not_valid = Link not valid
    .detail = The link has expired, or was used already. Ask for a new one.
too_many_attempts = Too many attempts
    .detail = { $minutes ->
        [one] Too many attempts have failed. Try again in a minute, or set a new password by e-mail.
       *[other] Too many attempts have failed. Try again in { $minutes } minutes, or set a new password by e-mail.
    }
too_many_requests = Too many requests
    .detail = Too many requests come from your network. Wait a moment, then try again.
forbidden = Not allowed
    .detail = This account does not have the role or the approval that this needs.
account_suspended = Account suspended
    .detail = This account is suspended. Contact the administrators of the platform.
email_not_verified = E-mail address not confirmed
    .detail = Confirm your e-mail address first: open the link in the mail that we sent you, or ask for a new one.
unknown_session = Unknown session
    .detail = You have no active session with this identifier. Reload the list of your sessions.
not_found = Not found
    .detail = No such endpoint. See /docs/.
method_not_allowed = Method not allowed
    .detail = This endpoint accepts only { $allowed }.
request_timeout = Request timeout
    .detail = The request took too long to arrive. Check your connection and try again.
taken = Already taken
    .detail = One of these values is already registered. Log in if the account is yours. Otherwise, check the values.
precondition_failed = Data changed
    .detail = The data has changed since you read it. Read it again, then repeat your change.
head_too_large = Header fields too large
    .detail = The URL and the header fields together must not exceed { $limit } KiB.
url_too_long = URL too long
    .detail = The URL must not exceed { $limit } KiB.
payload_too_large = Request too large
    .detail = The request body must not exceed { $limit } KiB.
unsupported_media_type = Unsupported media type
    .detail = Send the request body with `{ $header }: { $accepted }`.
idempotency_key_reused = Idempotency key already used
    .detail = This `Idempotency-Key` was used for another request. Use a new key for each request.
internal = Internal error
    .detail = Internal error. Quote `request_id` when you report it.
overloaded = Overloaded
    .detail = The service is processing too many requests. Try again in a moment.
stopping = Stopping
    .detail = This instance is stopping. Send requests to another instance.
database_unavailable = Database unavailable
    .detail = The service is temporarily unavailable. Try again in a moment.
busy = Busy
    .detail = Another operation is using this data. Try again in a moment.
