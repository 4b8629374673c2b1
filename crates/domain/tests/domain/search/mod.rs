mod accounts;
mod duplicates;
mod name_key;
mod query;
mod terms;
