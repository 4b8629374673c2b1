-- A separate migration: it locks one table that requests use.
ALTER TABLE hospitals ADD COLUMN facility_type text COLLATE "C";
ALTER TABLE hospitals
    ADD CONSTRAINT hospitals_facility_type_fkey FOREIGN KEY (facility_type) REFERENCES facility_types (code) NOT VALID;
