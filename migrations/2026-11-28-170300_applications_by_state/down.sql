DROP INDEX approvals_queue_idx;
