DROP INDEX approvals_claimed_by_idx;
