-- Staff look at applications in the order of their registration. Patients apply for nothing, and are not in it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_applications_idx ON profiles (registered_at, id) WHERE approval_id IS NOT NULL;
