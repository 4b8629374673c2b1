ALTER TABLE approvals
    VALIDATE CONSTRAINT approvals_reason_code_fkey,
    VALIDATE CONSTRAINT approvals_application_state_known,
    VALIDATE CONSTRAINT approvals_request_whole,
    VALIDATE CONSTRAINT approvals_request_while_pending,
    VALIDATE CONSTRAINT approvals_changes_of_approved,
    VALIDATE CONSTRAINT approvals_claim_whole,
    VALIDATE CONSTRAINT approvals_rejection_with_reason;
