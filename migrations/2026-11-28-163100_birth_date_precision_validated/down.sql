-- Nothing to revert: the constraint is dropped by the migration before.
SELECT 1;
