-- Nothing to take back: the column is dropped by the migration before.
SELECT 1;
