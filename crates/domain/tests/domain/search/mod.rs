mod name_key;
mod terms;
