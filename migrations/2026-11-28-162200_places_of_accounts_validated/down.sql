-- Nothing to take back: the constraints are dropped by the migrations before.
SELECT 1;
