-- What happened, written in the transaction in which it did.

-- name: emit
INSERT INTO events (store_id, name, subject_id, payload, occurred_at)
VALUES (:store_id, :name, :subject_id, :payload, :now);

-- name: emit_all
INSERT INTO events (name, store_id, subject_id, payload, occurred_at)
-- [sqlite] SELECT value ->> 0, value ->> 1, value ->> 2, value -> 3, :now FROM json_each(:events) ORDER BY key;
-- [postgresql] SELECT value ->> 0, CAST(value ->> 1 AS uuid), CAST(value ->> 2 AS uuid), CAST(value -> 3 AS text), :now
-- [postgresql] FROM json_array_elements(CAST(:events AS json)) WITH ORDINALITY AS given (value, place) ORDER BY place;

-- name: latest
-- The last ones first.
SELECT name, store_id, subject_id, payload, occurred_at, id FROM events
WHERE id > :floor_count
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since_at IS NULL OR occurred_at >= :since_at)
    -- [sqlite] AND (NOT :is_named OR name IN (SELECT value FROM json_each(:names)))
    -- [postgresql] AND (NOT :is_named OR name IN (SELECT json_array_elements_text(CAST(:names AS json))))
ORDER BY id DESC
LIMIT :limit;

-- name: of_subject
-- The last ones about one thing; SQLite takes an index for a condition only if that always holds.
SELECT name, store_id, subject_id, payload, occurred_at, id FROM events
WHERE subject_id = :subject_id AND id > :floor_count
    AND (:store_id IS NULL OR store_id = :store_id)
    AND (:since_at IS NULL OR occurred_at >= :since_at)
    -- [sqlite] AND (NOT :is_named OR name IN (SELECT value FROM json_each(:names)))
    -- [postgresql] AND (NOT :is_named OR name IN (SELECT json_array_elements_text(CAST(:names AS json))))
ORDER BY id DESC
LIMIT :limit;

-- name: last
-- The highest id, of all or of those before an instant.
SELECT coalesce(max(id), 0) AS id FROM events WHERE :before_at IS NULL OR occurred_at < :before_at;
