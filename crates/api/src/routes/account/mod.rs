pub(crate) mod answer;
pub(crate) mod me;
pub(crate) mod profile_form;
pub(crate) mod register;
pub(crate) mod registration_form;
