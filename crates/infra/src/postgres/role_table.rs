use sihha_domain::account::Role;

/// Returns the name of the table that has the details of a role's accounts.
pub(super) const fn table_of(role: Role) -> &'static str {
    match role {
        Role::Patient => "patients",
        Role::Doctor => "doctors",
        Role::Hospital => "hospitals",
        Role::Labo => "labos",
    }
}
