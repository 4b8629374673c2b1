ALTER TABLE labos DROP COLUMN facility_type;
