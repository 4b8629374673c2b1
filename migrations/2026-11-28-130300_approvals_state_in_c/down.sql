DROP INDEX approvals_state_c_idx;
