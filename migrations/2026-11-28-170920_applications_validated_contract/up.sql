ALTER TABLE approvals
    VALIDATE CONSTRAINT approvals_application_state_given,
    VALIDATE CONSTRAINT approvals_submitted_at_given;
