-- Who changed what, written in the transaction of the change.

-- name: write
INSERT INTO audit_log (store_id, actor, action, subject_id, before, after, happened_at)
VALUES (:store_id, :actor, :action, :subject_id, :before, :after, :now);
