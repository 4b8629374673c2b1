DROP TABLE staff_requests;
