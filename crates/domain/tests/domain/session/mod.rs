mod authenticate;
mod contended;
mod former;
mod login;
mod own;
mod refresh;
mod refused;
mod sweep;
