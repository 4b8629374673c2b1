-- A separate migration: it locks `profiles`. application_events has the decisions.
DROP TRIGGER profiles_copy_wilaya ON profiles;
DROP FUNCTION copy_wilaya();
DROP INDEX profiles_applications_by_role_idx;
DROP TABLE approval_events;
DROP FUNCTION copy_approval_event();
