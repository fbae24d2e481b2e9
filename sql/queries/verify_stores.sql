-- What must hold between stores: no row refers to a row of another store, or to one that is not there.

-- name: stores_are_apart
SELECT f.id, f.store_id, f.reference || ' names nothing in this store' AS said, count(*) OVER () AS total
FROM (
    SELECT 'contacts.project_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM contacts AS x LEFT JOIN projects AS y ON y.id = x.project_id
    WHERE x.project_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'documents.project_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM documents AS x LEFT JOIN projects AS y ON y.id = x.project_id
    WHERE x.project_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'endpoints.job_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM endpoints AS x LEFT JOIN jobs AS y ON y.id = x.job_id
    WHERE x.job_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'tasks.job_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM tasks AS x LEFT JOIN jobs AS y ON y.id = x.job_id
    WHERE x.job_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'tasks.project_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM tasks AS x LEFT JOIN projects AS y ON y.id = x.project_id
    WHERE x.project_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'task_notes.task_id' AS reference, CAST(x.task_id AS text) AS id, x.store_id
    FROM task_notes AS x LEFT JOIN tasks AS y ON y.id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'schedule_proposals.task_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM schedule_proposals AS x LEFT JOIN tasks AS y ON y.id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'schedule_proposals.run_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM schedule_proposals AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'schedule_decisions.task_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM schedule_decisions AS x LEFT JOIN tasks AS y ON y.id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'schedule_decisions.proposal_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM schedule_decisions AS x LEFT JOIN schedule_proposals AS y ON y.id = x.proposal_id
    WHERE x.proposal_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'schedule_decisions.run_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM schedule_decisions AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'file_watches.task_id' AS reference, CAST(x.task_id AS text) AS id, x.store_id
    FROM file_watches AS x LEFT JOIN tasks AS y ON y.id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'watched_files.task_id' AS reference, CAST(x.task_id AS text) AS id, x.store_id
    FROM watched_files AS x LEFT JOIN file_watches AS y ON y.task_id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.task_id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'run_changes.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM run_changes AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'job_runs.job_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM job_runs AS x LEFT JOIN jobs AS y ON y.id = x.job_id
    WHERE x.job_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'job_run_steps.job_run_id' AS reference, CAST(x.job_run_id AS text) AS id, x.store_id
    FROM job_run_steps AS x LEFT JOIN job_runs AS y ON y.id = x.job_run_id
    WHERE x.job_run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'job_run_steps.task_id' AS reference, CAST(x.job_run_id AS text) AS id, x.store_id
    FROM job_run_steps AS x LEFT JOIN tasks AS y ON y.id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'runs.task_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM runs AS x LEFT JOIN tasks AS y ON y.id = x.task_id
    WHERE x.task_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'runs.job_run_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM runs AS x LEFT JOIN job_runs AS y ON y.id = x.job_run_id
    WHERE x.job_run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'runs.rerun_of' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM runs AS x LEFT JOIN runs AS y ON y.id = x.rerun_of
    WHERE x.rerun_of IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'run_requests.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM run_requests AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'run_attempts.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM run_attempts AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'turns.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM turns AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'llm_calls.run_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM llm_calls AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'tool_calls.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM tool_calls AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'run_logs.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM run_logs AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'board_columns.board_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM board_columns AS x LEFT JOIN boards AS y ON y.id = x.board_id
    WHERE x.board_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'card_comments.card_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM card_comments AS x LEFT JOIN cards AS y ON y.id = x.card_id
    WHERE x.card_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'run_cards.run_id' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM run_cards AS x LEFT JOIN runs AS y ON y.id = x.run_id
    WHERE x.run_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'run_cards.card_id' AS reference, CAST(x.card_id AS text) AS id, x.store_id
    FROM run_cards AS x LEFT JOIN cards AS y ON y.id = x.card_id
    WHERE x.card_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'outbox.webhook_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM outbox AS x LEFT JOIN webhooks AS y ON y.id = x.webhook_id
    WHERE x.webhook_id IS NOT NULL AND (y.id IS NULL OR y.store_id <> x.store_id)
    UNION ALL
    SELECT 'cards.column_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM cards AS x LEFT JOIN board_columns AS y ON y.id = x.column_id AND y.board_id = x.board_id
    WHERE y.id IS NULL OR y.store_id <> x.store_id
    UNION ALL
    SELECT 'approvals.run_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM approvals AS x
    LEFT JOIN tool_calls AS y ON y.run_id = x.run_id AND y.turn = x.turn AND y.position = x.position
    WHERE y.run_id IS NULL OR y.store_id <> x.store_id
    UNION ALL
    SELECT 'tool_calls.turn' AS reference, CAST(x.run_id AS text) AS id, x.store_id
    FROM tool_calls AS x LEFT JOIN turns AS y ON y.run_id = x.run_id AND y.turn = x.turn
    WHERE y.run_id IS NULL OR y.store_id <> x.store_id
    UNION ALL
    SELECT 'runs.scheduled_time' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM runs AS x
    LEFT JOIN processed_task_executions AS y
        ON y.task_id = x.task_id AND y.scheduled_time = x.scheduled_time AND y.store_id = x.store_id
    WHERE x.scheduled_time IS NOT NULL AND y.task_id IS NULL
    UNION ALL
    -- the ledgers outlive their tasks and jobs
    SELECT 'processed_task_executions.task_id' AS reference, CAST(x.task_id AS text) AS id, x.store_id
    FROM processed_task_executions AS x JOIN tasks AS y ON y.id = x.task_id
    WHERE y.store_id <> x.store_id
    UNION ALL
    SELECT 'processed_job_executions.job_id' AS reference, CAST(x.job_id AS text) AS id, x.store_id
    FROM processed_job_executions AS x JOIN jobs AS y ON y.id = x.job_id
    WHERE y.store_id <> x.store_id
    UNION ALL
    SELECT 'projects.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM projects AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'jobs.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM jobs AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'tasks.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM tasks AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'processed_task_executions.store_id' AS reference, CAST(x.task_id AS text) AS id, x.store_id
    FROM processed_task_executions AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'processed_job_executions.store_id' AS reference, CAST(x.job_id AS text) AS id, x.store_id
    FROM processed_job_executions AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'boards.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM boards AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'events.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM events AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'webhooks.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM webhooks AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
    UNION ALL
    SELECT 'audit_log.store_id' AS reference, CAST(x.id AS text) AS id, x.store_id
    FROM audit_log AS x WHERE x.store_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stores AS y WHERE y.id = x.store_id)
) AS f
WHERE (:store_id IS NULL OR f.store_id = :store_id)
ORDER BY f.reference, f.id
LIMIT :limit;
