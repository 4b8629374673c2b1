DROP TABLE approval_events;
