-- Nothing to take back: the constraints are dropped by the migration before.
SELECT 1;
