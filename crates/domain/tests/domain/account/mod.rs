mod change;
mod fields;
mod import;
mod list;
mod name_key;
mod read;
mod register;
mod role;
