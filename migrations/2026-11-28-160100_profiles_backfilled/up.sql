-- Claims and roles of the accounts that were there before. A thousand at a time, so that no account is locked for long. It
-- can be interrupted and repeated.
DO $$
DECLARE
    last uuid := '00000000-0000-0000-0000-000000000000';
    batch uuid[];
BEGIN
    LOOP
        batch := ARRAY(SELECT id FROM profiles WHERE id > last ORDER BY id LIMIT 1000);
        EXIT WHEN batch = '{}';
        last := batch[cardinality(batch)];
        INSERT INTO identifiers (system, value_key, profile_id, claimed_at)
        SELECT system, value_key, id, registered_at
        FROM profiles
        CROSS JOIN LATERAL (VALUES ('email', email_key), ('carte_id', carte_id_key(carte_id))) AS claim (system, value_key)
        WHERE id = ANY (batch)
        ON CONFLICT DO NOTHING;
        UPDATE profiles
        SET patient_role = CASE role WHEN 'user' THEN role END,
            doctor_role = CASE role WHEN 'doctor' THEN role END,
            hospital_role = CASE role WHEN 'hospital' THEN role END,
            labo_role = CASE role WHEN 'labo' THEN role END,
            approval_role = CASE WHEN role <> 'user' THEN role END
        WHERE id = ANY (batch) AND coalesce(patient_role, doctor_role, hospital_role, labo_role) IS NULL;
        COMMIT;
    END LOOP;
END
$$;
