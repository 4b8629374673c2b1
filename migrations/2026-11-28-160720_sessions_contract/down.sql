CREATE INDEX sessions_profile_id_idx ON sessions (profile_id);
ALTER TABLE sessions DROP CONSTRAINT sessions_pkey, ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX sessions_profile_id_id_key ON sessions (profile_id, id);
