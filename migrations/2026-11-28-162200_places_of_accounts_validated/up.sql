-- Reads the tables while requests go on.
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_commune_in_wilaya;
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_wilaya_fkey;
ALTER TABLE profiles VALIDATE CONSTRAINT profiles_commune_fkey;
ALTER TABLE hospitals VALIDATE CONSTRAINT hospitals_facility_type_fkey;
ALTER TABLE labos VALIDATE CONSTRAINT labos_facility_type_fkey;
