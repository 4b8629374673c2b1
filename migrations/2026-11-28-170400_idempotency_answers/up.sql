-- The answer to a request of staff, which a repetition gets again.
ALTER TABLE idempotency_records ADD COLUMN answer text;
