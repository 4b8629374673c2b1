-- The columns are dropped by the next step back.
SELECT 1;
