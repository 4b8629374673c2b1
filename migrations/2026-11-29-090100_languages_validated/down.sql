-- A validated constraint is dropped by the next step back.
SELECT 1;
