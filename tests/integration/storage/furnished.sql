-- A row of every kind, two stores, and a stranger of each kind that others may not refer to. $words are ids.

INSERT INTO stores (id, name, created_at, updated_at) VALUES
    ('$mine', 'mine', 1, 1), ('$theirs', 'theirs', 1, 1);
INSERT INTO projects (id, store_id, name, created_at, updated_at) VALUES
    ('$project', '$mine', 'Project', 1, 1), ('$their_project', '$theirs', 'Project', 1, 1);
INSERT INTO jobs (id, store_id, name, cursor_at, created_at, updated_at) VALUES
    ('$job', '$mine', 'Job', 1, 1, 1), ('$their_job', '$theirs', 'Job', 1, 1, 1);
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, interval_seconds, anchor_at, cursor_at, next_run_at, created_at, updated_at)
VALUES ('$task', '$mine', 'Hourly', 'Do it', 'interval', 3600, 0, 3600, 7200, 1, 1);
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, job_id, position, cursor_at, created_at, updated_at)
VALUES ('$step_task', '$mine', 'Step', 'Do it', 'sequential', '$job', 1, 1, 1, 1);
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, cursor_at, created_at, updated_at) VALUES
    ('$bare_task', '$mine', 'Bare', 'Do it', 'manual', 1, 1, 1),
    ('$their_task', '$theirs', 'Theirs', 'Do it', 'manual', 1, 1, 1);
INSERT INTO task_notes (task_id, store_id, body, updated_at) VALUES ('$task', '$mine', 'Note', 1);

INSERT INTO processed_task_executions
    (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at)
VALUES
    ('$task', 3600, '$mine', 'claimed', '$run', NULL, 1, '$batch', 3600),
    ('$task', 0, '$mine', 'missed', NULL, NULL, 1, '$batch', 3600);
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES
    ('$job', 3600, '$mine', 'claimed', '$ended_pass', NULL, 1, 3600),
    ('$job', 0, '$mine', 'missed', NULL, NULL, 1, 3600);
INSERT INTO job_runs (id, store_id, job_id, number, trigger, scheduled_time, state, started_at, finished_at) VALUES
    ('$pass', '$mine', '$job', 2, 'manual', NULL, 'running', 1, NULL),
    ('$ended_pass', '$mine', '$job', 1, 'schedule', 3600, 'succeeded', 1, 2),
    ('$their_pass', '$theirs', '$their_job', 1, 'manual', NULL, 'running', 1, NULL);
INSERT INTO job_run_steps (job_run_id, position, store_id, task_id) VALUES ('$pass', 1, '$mine', '$step_task');
INSERT INTO runs (id, store_id, task_id, trigger, scheduled_time, state, worker_id, lease_expires_at, queued_at) VALUES
    ('$run', '$mine', '$task', 'schedule', 3600, 'running', '$worker', 9, 1),
    ('$their_run', '$theirs', '$their_task', 'manual', NULL, 'running', '$worker', 9, 1);
INSERT INTO runs (id, store_id, task_id, trigger, state, waiting_for, waiting_since, queued_at)
VALUES ('$waiting', '$mine', '$bare_task', 'manual', 'waiting', 'retry', 1, 1);
INSERT INTO runs (id, store_id, task_id, trigger, state, finished_at, error_class, queued_at, idempotency_key) VALUES
    ('$ended', '$mine', '$task', 'manual', 'succeeded', 2, NULL, 1, 'key'),
    ('$failed', '$mine', '$task', 'manual', 'failed', 2, 'timed_out', 1, NULL);
INSERT INTO runs (id, store_id, task_id, trigger, state, queued_at) VALUES ('$queued', '$mine', '$task', 'manual', 'queued', 1);
INSERT INTO runs (id, store_id, task_id, trigger, state, queued_at, job_run_id, position)
VALUES ('$step', '$mine', '$step_task', 'job', 'queued', 1, '$pass', 1);

INSERT INTO run_requests (run_id, store_id, request) VALUES ('$run', '$mine', '{}');
INSERT INTO run_attempts (run_id, attempt, store_id, opening, started_at) VALUES ('$run', 1, '$mine', '{}', 1);
INSERT INTO turns (run_id, turn, store_id, attempt, response, created_at) VALUES
    ('$run', 1, '$mine', 1, '{}', 1), ('$their_run', 1, '$theirs', 1, '{}', 1);
INSERT INTO llm_calls (id, store_id, run_id, turn, fence, model, started_at) VALUES ('$call', '$mine', '$run', 1, 1, 'm', 1);
INSERT INTO tool_calls (run_id, turn, position, store_id, tool_use_id, name, arguments, effect, created_at) VALUES
    ('$run', 1, 1, '$mine', 't1', 'create_card', '{}', 'local', 1), ('$run', 1, 2, '$mine', 't2', 'create_card', '{}', 'local', 1),
    ('$their_run', 1, 1, '$theirs', 't1', 'create_card', '{}', 'local', 1);
INSERT INTO approvals (id, store_id, run_id, turn, position, arguments_hash, requested_at, expires_at)
VALUES ('$approval', '$mine', '$run', 1, 1, 'hash', 1, 2);
INSERT INTO run_logs (run_id, position, store_id, logged_at, level, event) VALUES ('$run', 1, '$mine', 1, 'info', 'run.started');

INSERT INTO file_watches (task_id, store_id, watch_path) VALUES ('$task', '$mine', 'in/'), ('$their_task', '$theirs', 'in/');
INSERT INTO watched_files (task_id, store_id, path, size_bytes, mtime_ns, inode) VALUES ('$task', '$mine', 'known', 1, 1, 1);
INSERT INTO watched_files (task_id, store_id, path, seen_size_bytes, seen_mtime_ns, seen_inode, differs_since)
VALUES ('$task', '$mine', 'new', 1, 1, 1, 1);
INSERT INTO run_changes (run_id, store_id, path, change, size_bytes) VALUES ('$run', '$mine', '/in/known', 'changed', 1);

INSERT INTO boards (id, store_id, name, created_at) VALUES ('$board', '$mine', 'Board', 1), ('$their_board', '$theirs', 'Board', 1);
INSERT INTO board_columns (id, store_id, board_id, name, position) VALUES
    ('$to_do', '$mine', '$board', 'To do', 1), ('$done', '$mine', '$board', 'Done', 2), ('$their_column', '$theirs', '$their_board', 'To do', 1);
INSERT INTO cards (id, store_id, board_id, column_id, title, position, created_at, updated_at) VALUES
    ('$card', '$mine', '$board', '$to_do', 'Card', 1, 1, 1), ('$other_card', '$mine', '$board', '$to_do', 'Other', 2, 1, 1),
    ('$their_card', '$theirs', '$their_board', '$their_column', 'Card', 1, 1, 1);
INSERT INTO card_comments (id, store_id, card_id, author, body, created_at) VALUES ('$comment', '$mine', '$card', 'me', 'Good', 1);
INSERT INTO run_cards (run_id, card_id, store_id) VALUES ('$run', '$card', '$mine');

INSERT INTO ticks (id, host, pid, started_at) VALUES ('$tick', 'here', 1, 1);
INSERT INTO provider_circuits (provider, reason, opened_at, retry_at) VALUES ('anthropic', 'refused', 1, 2);
INSERT INTO emergency_stop (id, reason, stopped_at) VALUES (1, 'enough', 1);

INSERT INTO events (store_id, name, subject_id, occurred_at) VALUES ('$mine', 'task.created', '$task', 1);
INSERT INTO audit_log (store_id, actor, action, subject_id, happened_at) VALUES ('$mine', 'system', 'task.created', '$task', 1);
INSERT INTO schedule_proposals (id, store_id, task_id, run_id, wanted_at, reason, proposed_at, state, settled_at) VALUES
    ('$proposal', '$mine', '$task', '$run', 9, 'News', 1, 'open', NULL), ('$used_proposal', '$mine', '$task', '$run', 9, 'News', 1, 'used', 2),
    ('$their_proposal', '$theirs', '$their_task', '$their_run', 9, 'News', 1, 'open', NULL);
INSERT INTO schedule_decisions (store_id, task_id, decided_at, next_run_at, source, inputs, proposal_id, run_id, said)
VALUES ('$mine', '$task', 1, 9, 'proposal', '{}', '$proposal', '$run', 'Next.');
