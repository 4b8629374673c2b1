-- Nothing to take back: the constraint is dropped by the migration before.
SELECT 1;
