ALTER TABLE profiles
    ADD COLUMN patient_id uuid GENERATED ALWAYS AS (CASE role WHEN 'user' THEN id END) STORED,
    ADD COLUMN doctor_id uuid GENERATED ALWAYS AS (CASE role WHEN 'doctor' THEN id END) STORED,
    ADD COLUMN hospital_id uuid GENERATED ALWAYS AS (CASE role WHEN 'hospital' THEN id END) STORED,
    ADD COLUMN labo_id uuid GENERATED ALWAYS AS (CASE role WHEN 'labo' THEN id END) STORED,
    ADD COLUMN approval_id uuid GENERATED ALWAYS AS (CASE WHEN role <> 'user' THEN id END) STORED,
    ADD CONSTRAINT profiles_patient_fkey FOREIGN KEY (patient_id)
        REFERENCES patients (profile_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT profiles_doctor_fkey FOREIGN KEY (doctor_id)
        REFERENCES doctors (profile_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT profiles_hospital_fkey FOREIGN KEY (hospital_id)
        REFERENCES hospitals (profile_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT profiles_labo_fkey FOREIGN KEY (labo_id)
        REFERENCES labos (profile_id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT profiles_approval_fkey FOREIGN KEY (approval_id)
        REFERENCES approvals (profile_id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX profiles_applications_idx ON profiles (registered_at, id) WHERE approval_id IS NOT NULL;
