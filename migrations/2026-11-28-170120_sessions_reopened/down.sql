-- The older schema knows no other reason of staff.
UPDATE sessions SET end_reason = 'rejected' WHERE end_reason IN ('reopened', 'revoked_by_staff');
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known CHECK (end_reason IN
        ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected', 'suspended',
         'too_many_sessions'));
