-- The decisions that the previous release took while both ran: it wrote `approvals` alone.
DO $$
BEGIN
    LOOP
        INSERT INTO approval_events (profile_id, id, state, decided_by, decided_at, reason)
        SELECT profile_id,
               encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                   PLACING substring(int8send(floor(extract(epoch FROM decided_at) * 1000)::bigint) FROM 3)
                   FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
               state, decided_by, decided_at, reason
        FROM approvals
        WHERE state <> 'pending'
          AND NOT EXISTS (SELECT FROM approval_events AS known
              WHERE known.profile_id = approvals.profile_id AND known.decided_at = approvals.decided_at
                AND known.state = approvals.state)
        LIMIT 1000;
        EXIT WHEN NOT FOUND;
        COMMIT;
    END LOOP;
END
$$;
