-- Numbers are kept as they are typed, with separators and in Arabic digits.
ALTER TABLE profiles DROP CONSTRAINT profiles_carte_id_shape;
