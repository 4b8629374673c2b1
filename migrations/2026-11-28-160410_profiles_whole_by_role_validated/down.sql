-- Nothing: the previous migration drops the constraints.
SELECT 1;
