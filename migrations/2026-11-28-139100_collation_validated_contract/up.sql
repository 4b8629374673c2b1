ALTER TABLE patients VALIDATE CONSTRAINT patients_profile_fkey;
ALTER TABLE doctors
    VALIDATE CONSTRAINT doctors_profile_fkey,
    VALIDATE CONSTRAINT doctors_specialite_fkey;
ALTER TABLE hospitals VALIDATE CONSTRAINT hospitals_profile_fkey;
ALTER TABLE labos VALIDATE CONSTRAINT labos_profile_fkey;
ALTER TABLE approvals VALIDATE CONSTRAINT approvals_profile_fkey;
