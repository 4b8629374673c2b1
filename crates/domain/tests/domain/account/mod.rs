mod change;
mod fields;
mod read;
mod register;
mod role;
