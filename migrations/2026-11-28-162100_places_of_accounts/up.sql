-- Reads nothing under the lock; a later migration looks at the rows. No foreign key has both columns: a law may move a
-- commune to another wilaya, and an account keeps what its owner gave.
ALTER TABLE profiles
    ADD COLUMN wilaya text COLLATE "C",
    ADD COLUMN commune text COLLATE "C",
    ADD CONSTRAINT profiles_commune_in_wilaya CHECK (commune IS NULL OR wilaya IS NOT NULL) NOT VALID;
ALTER TABLE profiles
    ADD CONSTRAINT profiles_wilaya_fkey FOREIGN KEY (wilaya) REFERENCES wilayas (code) NOT VALID;
ALTER TABLE profiles
    ADD CONSTRAINT profiles_commune_fkey FOREIGN KEY (commune) REFERENCES communes (code) NOT VALID;
