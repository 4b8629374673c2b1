-- Nothing to take back: the table is dropped by an earlier migration.
SELECT 1;
