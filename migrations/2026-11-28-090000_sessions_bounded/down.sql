-- What the older schema cannot say is told as what it means: the owner's next login ended it.
UPDATE sessions SET end_reason = 'ended_by_owner' WHERE end_reason = 'too_many_sessions';
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known CHECK (end_reason IN
        ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected', 'suspended'));
