-- Reads nothing under the lock; the next migration looks at the rows. No foreign key has both columns: a law may move a
-- commune to another wilaya, and an account keeps what its owner gave.
ALTER TABLE profiles
    ADD COLUMN wilaya text COLLATE "C",
    ADD COLUMN commune text COLLATE "C",
    ADD CONSTRAINT profiles_commune_in_wilaya CHECK (commune IS NULL OR wilaya IS NOT NULL) NOT VALID;
ALTER TABLE profiles
    ADD CONSTRAINT profiles_wilaya_fkey FOREIGN KEY (wilaya) REFERENCES wilayas (code) NOT VALID;
ALTER TABLE profiles
    ADD CONSTRAINT profiles_commune_fkey FOREIGN KEY (commune) REFERENCES communes (code) NOT VALID;
ALTER TABLE hospitals ADD COLUMN facility_type text COLLATE "C";
ALTER TABLE hospitals
    ADD CONSTRAINT hospitals_facility_type_fkey FOREIGN KEY (facility_type) REFERENCES facility_types (code) NOT VALID;
ALTER TABLE labos ADD COLUMN facility_type text COLLATE "C";
ALTER TABLE labos
    ADD CONSTRAINT labos_facility_type_fkey FOREIGN KEY (facility_type) REFERENCES facility_types (code) NOT VALID;
