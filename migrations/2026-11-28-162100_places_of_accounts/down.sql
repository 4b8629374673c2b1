ALTER TABLE profiles DROP COLUMN commune, DROP COLUMN wilaya;
