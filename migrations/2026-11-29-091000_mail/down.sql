DROP TABLE mail_requests;
DROP TABLE mail_tokens;
DROP TABLE outbox;
