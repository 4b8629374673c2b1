mod authenticate;
mod contended;
mod legacy;
mod login;
mod manage;
mod purge;
mod refresh;
mod refused;
