ALTER TABLE labos DROP COLUMN name_ar;
ALTER TABLE hospitals DROP COLUMN name_ar;
ALTER TABLE doctors DROP COLUMN first_name_ar, DROP COLUMN last_name_ar;
ALTER TABLE patients DROP COLUMN first_name_ar, DROP COLUMN last_name_ar;
