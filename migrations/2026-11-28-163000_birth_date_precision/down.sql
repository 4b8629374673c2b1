-- A presumed date stays as its first day.
ALTER TABLE profiles DROP COLUMN birth_date_precision;
