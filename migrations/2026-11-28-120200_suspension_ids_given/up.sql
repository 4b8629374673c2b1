-- Reads nothing under the lock; the next migration looks at the rows. A contracting one makes it the primary key.
ALTER TABLE suspensions ADD CONSTRAINT suspensions_suspension_id_given CHECK (suspension_id IS NOT NULL) NOT VALID;
