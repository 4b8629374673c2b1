-- The columns take their foreign keys and an index with them.
ALTER TABLE profiles
    DROP COLUMN patient_id,
    DROP COLUMN doctor_id,
    DROP COLUMN hospital_id,
    DROP COLUMN labo_id,
    DROP COLUMN approval_id;
