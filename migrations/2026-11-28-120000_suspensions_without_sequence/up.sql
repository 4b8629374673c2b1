-- A sequence does not move with logical replication, and is one of each node where a database is distributed. The service
-- makes `suspension_id` itself, as it does every other id.
--
-- The release before this one inserts neither column, and takes the suspension with the greatest `id` for the last one. So
-- until a contracting migration drops it, `id` counts time: nanoseconds, of which the last three digits are random.
ALTER TABLE suspensions
    ALTER COLUMN id DROP IDENTITY,
    ALTER COLUMN id SET DEFAULT
        floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 + floor(random() * 1000)::bigint,
    ADD COLUMN suspension_id uuid;

-- A UUIDv7 (RFC 9562), for that release alone. Not with the column: that would write the whole table under the lock.
ALTER TABLE suspensions
    ALTER COLUMN suspension_id SET DEFAULT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
