mod name_key;
