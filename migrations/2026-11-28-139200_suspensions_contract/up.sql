-- The previous release is gone: what only it needs goes as well. Nothing is read under the lock, because a validated check
-- says that no id is missing, and the key's index is there.
ALTER TABLE suspensions
    ALTER COLUMN suspension_id SET NOT NULL,
    ALTER COLUMN suspension_id DROP DEFAULT;
ALTER TABLE suspensions
    DROP CONSTRAINT suspensions_suspension_id_given,
    DROP CONSTRAINT suspensions_pkey,
    DROP COLUMN id,
    ADD CONSTRAINT suspensions_pkey PRIMARY KEY USING INDEX suspensions_profile_id_suspension_id_key;

-- The key begins with the same column.
DROP INDEX suspensions_profile_id_idx;
