-- What the older schema cannot say is told as what it means: staff shut the account out.
UPDATE sessions SET end_reason = 'rejected' WHERE end_reason = 'suspended';
ALTER TABLE sessions
    DROP CONSTRAINT sessions_end_reason_known,
    ADD CONSTRAINT sessions_end_reason_known
        CHECK (end_reason IN ('logged_out', 'ended_by_owner', 'token_reused', 'password_changed', 'rejected'));
DROP TABLE suspensions;
