-- The older schema knows no other reason of the owner.
UPDATE sessions SET end_reason = 'password_changed' WHERE end_reason IN ('password_reset', 'email_reverted');
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known CHECK (end_reason IN
        ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected', 'suspended',
         'too_many_sessions', 'reopened', 'revoked_by_staff'));
