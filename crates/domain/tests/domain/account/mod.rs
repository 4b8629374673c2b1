mod change;
mod fields;
mod import;
mod list;
mod read;
mod register;
mod role;
mod vetted;
