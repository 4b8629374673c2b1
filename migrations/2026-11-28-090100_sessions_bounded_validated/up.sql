-- Reads the table while requests go on: a minute for ten million sessions at most.
ALTER TABLE sessions VALIDATE CONSTRAINT sessions_end_reason_known;
