-- Nothing: the previous migration drops the constraint.
SELECT 1;
