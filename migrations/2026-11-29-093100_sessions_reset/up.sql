-- A session of an account whose password was set by mail, or whose change of address was taken back.
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known CHECK (end_reason IN
        ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected', 'suspended',
         'too_many_sessions', 'reopened', 'revoked_by_staff', 'password_reset', 'email_reverted')) NOT VALID;
