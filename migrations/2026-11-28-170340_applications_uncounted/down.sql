DROP INDEX approvals_uncounted_idx;
