-- Cards with the name of their column, the run that made them, and how many comments they have.

-- name: all
-- By column and place.
SELECT c.id, c.store_id, k.name AS column_name, c.title, c.description, c.position, c.created_at, c.updated_at, c.version,
    (SELECT r.run_id FROM run_cards AS r WHERE r.store_id = c.store_id AND r.card_id = c.id ORDER BY r.run_id LIMIT 1)
        AS created_by_run_id,
    (SELECT count(*) FROM card_comments AS m WHERE m.store_id = c.store_id AND m.card_id = c.id) AS comment_count
FROM cards AS c
JOIN board_columns AS k ON k.id = c.column_id
WHERE c.store_id = :store_id AND (:column_id IS NULL OR c.column_id = :column_id)
ORDER BY k.position, c.position, c.created_at, c.id
LIMIT :limit;

-- name: one
SELECT c.id, c.store_id, k.name AS column_name, c.title, c.description, c.position, c.created_at, c.updated_at, c.version,
    (SELECT r.run_id FROM run_cards AS r WHERE r.store_id = c.store_id AND r.card_id = c.id ORDER BY r.run_id LIMIT 1)
        AS created_by_run_id,
    (SELECT count(*) FROM card_comments AS m WHERE m.store_id = c.store_id AND m.card_id = c.id) AS comment_count
FROM cards AS c
JOIN board_columns AS k ON k.id = c.column_id
WHERE c.store_id = :store_id AND c.id = :id;

-- name: count_in_column
SELECT count(*) FROM cards WHERE store_id = :store_id AND column_id = :column_id;

-- name: create
INSERT INTO cards (id, store_id, board_id, column_id, title, description, position, created_at, updated_at)
VALUES (:id, :store_id, :board_id, :column_id, :title, :description, :position, :now, :now);

-- name: link
INSERT INTO run_cards (run_id, card_id, store_id) VALUES (:run_id, :card_id, :store_id);

-- name: update
-- What is not given stays.
UPDATE cards
SET title = coalesce(:title, title), description = coalesce(:description, description), updated_at = :now, version = version + 1
WHERE store_id = :store_id AND id = :id AND (CAST(:version AS bigint) IS NULL OR version = :version);

-- name: close_gap
-- The card is about to leave its place: those below it move up.
UPDATE cards
SET position = position - 1
WHERE store_id = :store_id
    AND column_id = (SELECT c.column_id FROM cards AS c WHERE c.store_id = :store_id AND c.id = :id)
    AND position > (SELECT c.position FROM cards AS c WHERE c.store_id = :store_id AND c.id = :id);

-- name: make_room
UPDATE cards SET position = position + 1
WHERE store_id = :store_id AND column_id = :column_id AND position >= :position AND id <> :id;

-- name: place
UPDATE cards
SET board_id = :board_id, column_id = :column_id, position = :position, updated_at = :now, version = version + 1
WHERE store_id = :store_id AND id = :id;

-- name: delete
DELETE FROM cards WHERE store_id = :store_id AND id = :id;

-- name: comment
INSERT INTO card_comments (id, store_id, card_id, author, body, created_at)
VALUES (:id, :store_id, :card_id, :author, :body, :now);

-- name: comments
SELECT id, author, body, created_at FROM card_comments
WHERE store_id = :store_id AND card_id = :card_id
ORDER BY created_at, id;
