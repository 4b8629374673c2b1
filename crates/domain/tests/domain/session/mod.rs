mod authenticate;
mod login;
