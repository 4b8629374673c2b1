DROP TABLE network_failures;
DROP TABLE throttles;
