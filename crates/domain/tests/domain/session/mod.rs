mod authenticate;
mod login;
mod own;
mod refresh;
