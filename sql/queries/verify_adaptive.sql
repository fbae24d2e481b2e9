-- What must hold of adaptive tasks: their next times and their slots are what their governor decided.

-- name: adaptive_tasks_go_on
SELECT t.id, t.store_id,
    'looks next at ' || coalesce('@' || t.next_run_at, 'no time') || CASE
        WHEN d.id IS NULL THEN ', which nobody decided'
        ELSE ', decided was ' || coalesce('@' || d.next_run_at, 'no time')
    END AS said,
    count(*) OVER () AS total
FROM tasks AS t
LEFT JOIN schedule_decisions AS d
    ON d.id = (SELECT max(x.id) FROM schedule_decisions AS x WHERE x.task_id = t.id)
WHERE t.schedule_type = 'adaptive' AND t.enabled
    AND (t.next_run_at IS NULL OR (d.id IS NOT NULL AND (d.next_run_at IS NULL OR d.next_run_at <> t.next_run_at)))
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.created_at, t.id
LIMIT :limit;

-- name: adaptive_slots_were_decided
-- Of those tasks whose decisions are on record; earlier rows may be of another schedule.
SELECT t.id, t.store_id, 'there is a row for @' || l.scheduled_time || ', which nobody decided' AS said,
    count(*) OVER () AS total
FROM processed_task_executions AS l
JOIN tasks AS t ON t.id = l.task_id AND t.store_id = l.store_id
WHERE t.schedule_type = 'adaptive' AND l.scheduled_time >= :kept_since
    AND l.scheduled_time > (SELECT min(x.decided_at) FROM schedule_decisions AS x WHERE x.task_id = t.id)
    AND l.scheduled_time > CASE WHEN t.version > 1 THEN t.updated_at ELSE t.created_at END
    AND NOT EXISTS (
        SELECT 1 FROM schedule_decisions AS d WHERE d.task_id = t.id AND d.next_run_at = l.scheduled_time
    )
    AND (:store_id IS NULL OR t.store_id = :store_id)
ORDER BY t.id, l.scheduled_time
LIMIT :limit;

-- name: decisions
-- All that was decided, a page at a time.
SELECT id, store_id, task_id, decided_at, next_run_at, source, inputs
FROM schedule_decisions
WHERE (:store_id IS NULL OR store_id = :store_id) AND id > :after_count AND decided_at >= :kept_since
ORDER BY id
LIMIT :limit;
