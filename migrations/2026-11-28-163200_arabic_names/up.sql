-- Names in Arabic script, beside those in Latin or any other. The order is the one in which requests lock these tables.
ALTER TABLE patients ADD COLUMN first_name_ar text, ADD COLUMN last_name_ar text;
ALTER TABLE doctors ADD COLUMN first_name_ar text, ADD COLUMN last_name_ar text;
ALTER TABLE hospitals ADD COLUMN name_ar text;
ALTER TABLE labos ADD COLUMN name_ar text;
