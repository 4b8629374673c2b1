DROP TABLE labos;
