DROP TABLE facility_types;
DROP TABLE communes;
DROP TABLE wilayas;
