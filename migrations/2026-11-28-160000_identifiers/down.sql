DROP TRIGGER profiles_claim_identifiers ON profiles;
DROP TRIGGER profiles_set_roles ON profiles;
DROP FUNCTION claim_identifiers();
DROP FUNCTION set_profile_roles();
DROP FUNCTION carte_id_key(text);
ALTER TABLE profiles
    DROP COLUMN patient_role,
    DROP COLUMN doctor_role,
    DROP COLUMN hospital_role,
    DROP COLUMN labo_role,
    DROP COLUMN approval_role;
DROP TABLE identifiers;
