ALTER TABLE hospitals DROP COLUMN facility_type;
