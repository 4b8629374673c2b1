-- Removes the indexes in the database's collation. The foreign keys that used one are made again, on the new one; rows
-- that are there were checked by the old ones, and the next migration tells Postgres, so nothing is read under the locks
-- that are taken here.
ALTER TABLE profiles
    DROP CONSTRAINT profiles_email_key,
    DROP CONSTRAINT profiles_carte_id_key;

ALTER TABLE patients DROP CONSTRAINT patients_profile_fkey;
ALTER TABLE doctors DROP CONSTRAINT doctors_profile_fkey, DROP CONSTRAINT doctors_specialite_fkey;
ALTER TABLE hospitals DROP CONSTRAINT hospitals_profile_fkey;
ALTER TABLE labos DROP CONSTRAINT labos_profile_fkey;
ALTER TABLE approvals DROP CONSTRAINT approvals_profile_fkey;
ALTER TABLE profiles DROP CONSTRAINT profiles_id_role_key;

ALTER TABLE specialites ALTER COLUMN code TYPE text COLLATE "C";

ALTER TABLE patients ADD CONSTRAINT patients_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE NOT VALID;
ALTER TABLE doctors
    ADD CONSTRAINT doctors_profile_fkey
        FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE NOT VALID,
    ADD CONSTRAINT doctors_specialite_fkey FOREIGN KEY (specialite) REFERENCES specialites (code) NOT VALID;
ALTER TABLE hospitals ADD CONSTRAINT hospitals_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE NOT VALID;
ALTER TABLE labos ADD CONSTRAINT labos_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE NOT VALID;
ALTER TABLE approvals ADD CONSTRAINT approvals_profile_fkey
    FOREIGN KEY (profile_id, role) REFERENCES profiles (id, role) ON DELETE CASCADE NOT VALID;

DROP INDEX approvals_state_idx;
