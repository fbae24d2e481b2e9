-- What happened, written in the transaction in which it did.

-- name: emit
INSERT INTO events (store_id, name, subject_id, payload, occurred_at)
VALUES (:store_id, :name, :subject_id, :payload, :now);
