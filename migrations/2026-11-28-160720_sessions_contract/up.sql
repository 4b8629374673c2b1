ALTER TABLE sessions
    DROP CONSTRAINT sessions_pkey,
    ADD CONSTRAINT sessions_pkey PRIMARY KEY USING INDEX sessions_profile_id_id_key;

-- The key begins with the same column.
DROP INDEX sessions_profile_id_idx;
