-- Nothing: the previous migration drops the table and the columns.
SELECT 1;
