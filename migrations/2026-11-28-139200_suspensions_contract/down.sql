CREATE INDEX suspensions_profile_id_idx ON suspensions (profile_id);
ALTER TABLE suspensions
    DROP CONSTRAINT suspensions_pkey,
    ADD COLUMN id bigint NOT NULL DEFAULT
        floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 + floor(random() * 1000)::bigint;
ALTER TABLE suspensions
    ADD CONSTRAINT suspensions_pkey PRIMARY KEY (id),
    ADD CONSTRAINT suspensions_suspension_id_given CHECK (suspension_id IS NOT NULL),
    ALTER COLUMN suspension_id DROP NOT NULL,
    ALTER COLUMN suspension_id SET DEFAULT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
CREATE UNIQUE INDEX suspensions_profile_id_suspension_id_key ON suspensions (profile_id, suspension_id);
