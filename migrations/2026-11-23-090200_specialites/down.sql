DROP TABLE specialites;
