pub(crate) mod answer;
mod change_form;
pub(crate) mod me;
mod profile_change_form;
pub(crate) mod profile_form;
pub(crate) mod register;
pub(crate) mod registration_form;
