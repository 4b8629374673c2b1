-- A session of an account whose approval was taken back, or whose sessions staff revoked.
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known CHECK (end_reason IN
        ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected', 'suspended',
         'too_many_sessions', 'reopened', 'revoked_by_staff')) NOT VALID;
