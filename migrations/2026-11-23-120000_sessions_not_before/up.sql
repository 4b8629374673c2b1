-- When all sessions of the account were last ended at once. One that the former backend opened before is not
-- taken over: it is not among `sessions` until its first use here, so it cannot be ended there.
ALTER TABLE profiles ADD COLUMN sessions_not_before timestamptz;
