CREATE INDEX approvals_state_idx ON approvals (state, profile_id);

ALTER TABLE patients DROP CONSTRAINT patients_profile_fkey;
ALTER TABLE doctors DROP CONSTRAINT doctors_profile_fkey, DROP CONSTRAINT doctors_specialite_fkey;
ALTER TABLE hospitals DROP CONSTRAINT hospitals_profile_fkey;
ALTER TABLE labos DROP CONSTRAINT labos_profile_fkey;
ALTER TABLE approvals DROP CONSTRAINT approvals_profile_fkey;

ALTER TABLE specialites ALTER COLUMN code TYPE text;

-- A foreign key takes the oldest index that fits.
DROP INDEX profiles_id_role_c_key;
ALTER TABLE profiles
    ADD CONSTRAINT profiles_email_key UNIQUE (email_key),
    ADD CONSTRAINT profiles_carte_id_key UNIQUE (carte_id),
    ADD CONSTRAINT profiles_id_role_key UNIQUE (id, role);
CREATE UNIQUE INDEX profiles_id_role_c_key ON profiles (id, role COLLATE "C");

ALTER TABLE patients ADD CONSTRAINT patients_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE;
ALTER TABLE doctors
    ADD CONSTRAINT doctors_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE,
    ADD CONSTRAINT doctors_specialite_fkey FOREIGN KEY (specialite) REFERENCES specialites (code);
ALTER TABLE hospitals ADD CONSTRAINT hospitals_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE;
ALTER TABLE labos ADD CONSTRAINT labos_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE;
ALTER TABLE approvals ADD CONSTRAINT approvals_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE;
