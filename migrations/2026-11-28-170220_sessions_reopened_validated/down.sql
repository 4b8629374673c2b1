-- A validated constraint is dropped by an earlier step back.
SELECT 1;
