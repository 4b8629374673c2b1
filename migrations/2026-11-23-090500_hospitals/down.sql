DROP TABLE hospitals;
