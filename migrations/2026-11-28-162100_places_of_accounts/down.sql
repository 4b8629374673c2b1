ALTER TABLE labos DROP COLUMN facility_type;
ALTER TABLE hospitals DROP COLUMN facility_type;
ALTER TABLE profiles DROP COLUMN commune, DROP COLUMN wilaya;
