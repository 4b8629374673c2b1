-- A presumed date of birth ("né présumé") has a year, or a year and a month. `birth_date` holds its first day, and null here
-- is a full date. The check does not compare the two: the previous release writes `birth_date` alone.
ALTER TABLE profiles
    ADD COLUMN birth_date_precision text,
    ADD CONSTRAINT profiles_birth_date_precision_known CHECK (birth_date_precision IN ('year', 'month')) NOT VALID;
