/// How Postgres plans prepared statements (PostgreSQL manual, 20.7.4, `plan_cache_mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlanCacheMode {
    /// One plan for all values. Nearly all statements find rows by keys, so it is as good as a custom
    /// one, and Postgres never makes a new plan for a list with one session, which takes five times
    /// as long as the read.
    #[default]
    ForceGenericPlan,
    /// Postgres decides. Citus needs this: it sends a statement to one shard only if it plans it with
    /// its values.
    Auto,
    /// A plan for each execution.
    ForceCustomPlan,
}

impl PlanCacheMode {
    /// All modes, the default first.
    pub const ALL: [Self; 3] = [Self::ForceGenericPlan, Self::Auto, Self::ForceCustomPlan];

    /// Returns the value of Postgres's setting.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForceGenericPlan => "force_generic_plan",
            Self::Auto => "auto",
            Self::ForceCustomPlan => "force_custom_plan",
        }
    }
}
