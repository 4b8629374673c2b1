ALTER TABLE profiles VALIDATE CONSTRAINT profiles_patient_role_fkey;
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_doctor_role_fkey;
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_hospital_role_fkey;
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_labo_role_fkey;
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_approval_role_fkey;
