-- The applications that were there before, and the decisions on them. A thousand at a time, so that none is locked for long. It
-- can be interrupted and repeated.
DO $$
DECLARE
    last uuid := '00000000-0000-0000-0000-000000000000';
    batch uuid[];
BEGIN
    LOOP
        batch := ARRAY(SELECT profile_id FROM approvals WHERE profile_id > last ORDER BY profile_id LIMIT 1000);
        EXIT WHEN batch = '{}';
        last := batch[cardinality(batch)];
        -- The previous release must not change a wilaya between its reading and its copy.
        PERFORM FROM profiles WHERE id = ANY (batch) ORDER BY id FOR SHARE;
        UPDATE approvals
        SET application_state = coalesce(application_state, state), submitted_at = registered_at, wilaya = profiles.wilaya
        FROM profiles
        WHERE profiles.id = profile_id AND profile_id = ANY (batch) AND resubmitted_at IS NULL AND pending_changes IS NULL
            AND (application_state IS NULL OR submitted_at <> registered_at OR approvals.wilaya IS DISTINCT FROM profiles.wilaya);
        INSERT INTO application_events (profile_id, id, kind, at, actor_name, reason)
        SELECT profile_id, id, state, decided_at, decided_by, reason FROM approval_events WHERE profile_id = ANY (batch)
        ON CONFLICT DO NOTHING;
        COMMIT;
    END LOOP;
END
$$;
