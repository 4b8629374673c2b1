DROP TRIGGER approval_events_copied ON approval_events;
DROP FUNCTION copy_approval_event();
DROP TABLE application_events;
DROP TABLE rejection_reasons;
