DROP TABLE staff_sessions;
DROP TABLE staff_recovery_codes;
DROP TABLE staff;
DELETE FROM identifiers WHERE system = 'staff_email';
