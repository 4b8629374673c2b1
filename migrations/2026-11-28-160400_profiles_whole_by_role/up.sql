-- A profile cannot be committed, or left, without the rows that its role needs. The keys begin with the account, so that
-- the tables can be distributed. Deferred, because the profile is inserted first. One constraint for each statement, and
-- no row is read under the locks.
ALTER TABLE profiles ADD CONSTRAINT profiles_patient_role_fkey FOREIGN KEY (id, patient_role)
    REFERENCES patients (profile_id, role) DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE profiles ADD CONSTRAINT profiles_doctor_role_fkey FOREIGN KEY (id, doctor_role)
    REFERENCES doctors (profile_id, role) DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE profiles ADD CONSTRAINT profiles_hospital_role_fkey FOREIGN KEY (id, hospital_role)
    REFERENCES hospitals (profile_id, role) DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE profiles ADD CONSTRAINT profiles_labo_role_fkey FOREIGN KEY (id, labo_role)
    REFERENCES labos (profile_id, role) DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE profiles ADD CONSTRAINT profiles_approval_role_fkey FOREIGN KEY (id, approval_role)
    REFERENCES approvals (profile_id, role) DEFERRABLE INITIALLY DEFERRED NOT VALID;
