-- Nothing: the events are true.
SELECT 1;
