-- Nothing to take back: the table is dropped by the migration before.
SELECT 1;
