-- A separate migration: it locks one table that requests use.
ALTER TABLE labos ADD COLUMN facility_type text COLLATE "C";
ALTER TABLE labos
    ADD CONSTRAINT labos_facility_type_fkey FOREIGN KEY (facility_type) REFERENCES facility_types (code) NOT VALID;
