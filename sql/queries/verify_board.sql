-- What must hold for the board and for what the processes leave behind: each statement finds the rows that break one promise.

-- name: cards_are_numbered
SELECT f.column_id AS id, f.store_id,
    'has ' || f.card_count || ' cards on ' || f.place_count || ' places, numbered ' || f.first || ' to ' || f.last AS said,
    count(*) OVER () AS total
FROM (
    SELECT column_id, min(CAST(store_id AS text)) AS store_id, count(*) AS card_count,
        count(DISTINCT position) AS place_count, min(position) AS first, max(position) AS last
    FROM cards
    WHERE (:store_id IS NULL OR store_id = :store_id)
    GROUP BY column_id
    HAVING min(position) <> 1 OR count(*) <> max(position) OR count(DISTINCT position) <> count(*)
) AS f
ORDER BY f.column_id
LIMIT :limit;

-- name: heart_beats_once
SELECT CAST(NULL AS text) AS id, CAST(NULL AS text) AS store_id, 'the heartbeat has ' || h.row_count || ' rows' AS said,
    1 AS total
FROM (SELECT count(*) AS row_count FROM heartbeat) AS h
WHERE h.row_count <> 1
LIMIT :limit;

-- name: ticks_end_with_a_code
SELECT t.id, CAST(NULL AS text) AS store_id,
    'the tick of process ' || t.pid || ' ended ' || coalesce('@' || t.finished_at, 'never') || ' with '
        || coalesce('exit code ' || t.exit_code, 'no exit code') AS said,
    count(*) OVER () AS total
FROM ticks AS t
WHERE (t.finished_at IS NULL) <> (t.exit_code IS NULL)
ORDER BY t.started_at, t.id
LIMIT :limit;
