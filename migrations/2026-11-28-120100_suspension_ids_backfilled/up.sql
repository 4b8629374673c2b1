-- Staff suspend some accounts a day: few rows, which nothing but a reinstatement writes meanwhile.
UPDATE suspensions
SET suspension_id = encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send(floor(extract(epoch FROM suspended_at) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
WHERE suspension_id IS NULL;
