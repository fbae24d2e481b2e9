-- A store's board and its columns. A store has one board; should there be more, the oldest counts.

-- name: create
INSERT INTO boards (id, store_id, name, created_at) VALUES (:id, :store_id, :name, :now);

-- name: create_column
INSERT INTO board_columns (id, store_id, board_id, name, position) VALUES (:id, :store_id, :board_id, :name, :position);

-- name: lock
-- Held while cards change places, so that positions stay 1, 2, 3, … within a column.
SELECT id FROM boards WHERE store_id = :store_id ORDER BY created_at, id LIMIT 1
-- [postgresql] FOR NO KEY UPDATE
;

-- name: columns
SELECT c.id, c.board_id, c.name, c.position
FROM board_columns AS c
WHERE c.store_id = :store_id
    AND c.board_id = (SELECT b.id FROM boards AS b WHERE b.store_id = :store_id ORDER BY b.created_at, b.id LIMIT 1)
ORDER BY c.position;
