mod accounts;
mod name_key;
mod query;
mod terms;
