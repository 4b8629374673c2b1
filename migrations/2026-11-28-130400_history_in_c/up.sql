-- Diesel's own record, a few dozen rows.
ALTER TABLE __diesel_schema_migrations ALTER COLUMN version TYPE varchar(50) COLLATE "C";
