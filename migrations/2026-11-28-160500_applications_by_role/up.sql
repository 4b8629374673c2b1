-- As `profiles_applications_idx`, whose column goes with the previous release.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profiles_applications_by_role_idx ON profiles (registered_at, id) WHERE approval_role IS NOT NULL;
