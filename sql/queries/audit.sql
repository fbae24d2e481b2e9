-- Who changed what, written in the transaction of the change.

-- name: write
INSERT INTO audit_log (store_id, actor, action, subject_id, before, after, happened_at)
VALUES (:store_id, :actor, :action, :subject_id, :before, :after, :now);

-- name: latest
-- The last ones first.
SELECT id, store_id, actor, action, subject_id, before, after, happened_at FROM audit_log
WHERE (:store_id IS NULL OR store_id = :store_id)
    AND (:since_at IS NULL OR happened_at >= :since_at)
    AND (CAST(:actor AS text) IS NULL OR actor = :actor)
ORDER BY id DESC
LIMIT :limit;

-- name: of_subject
-- The last ones about one thing; SQLite takes an index for a condition only if that always holds.
SELECT id, store_id, actor, action, subject_id, before, after, happened_at FROM audit_log
WHERE subject_id = :subject_id
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since_at IS NULL OR happened_at >= :since_at)
    AND (CAST(:actor AS text) IS NULL OR actor = :actor)
ORDER BY id DESC
LIMIT :limit;
