-- What the database refuses on the furnished database: a statement a line, with the name that Postgres gives to the constraint.

UPDATE stores SET name = '' WHERE id = '$mine'; -- stores_name_check
UPDATE stores SET misfire = 'hope'; -- stores_misfire_check
UPDATE stores SET policy = '{'; -- stores_policy_check
UPDATE stores SET budget_nanousd_per_day = -1; -- stores_budget_nanousd_per_day_check
INSERT INTO stores (id, name, created_at, updated_at) VALUES ('$mine', 'third', 1, 1); -- stores_pkey
INSERT INTO stores (id, name, created_at, updated_at) VALUES ('$new', 'mine', 1, 1); -- stores_name_key
UPDATE projects SET name = ''; -- projects_name_check
INSERT INTO projects (id, store_id, name, created_at, updated_at) VALUES ('$project', '$theirs', 'x', 1, 1); -- projects_pkey
INSERT INTO projects (id, store_id, name, created_at, updated_at) VALUES ('$new', '$nobody', 'x', 1, 1); -- projects_store_id_fkey

UPDATE jobs SET name = ''; -- jobs_name_check
UPDATE jobs SET status = 'resting'; -- jobs_status_check
UPDATE jobs SET schedule_type = 'whim'; -- jobs_schedule_type_check
UPDATE jobs SET schedule_type = 'interval', anchor_at = 0, interval_seconds = 59; -- jobs_interval_seconds_check
UPDATE jobs SET schedule_type = 'interval'; -- jobs_check
UPDATE jobs SET schedule_type = 'calendar'; -- jobs_check1
UPDATE jobs SET schedule_type = 'once'; -- jobs_check2
INSERT INTO jobs (id, store_id, name, cursor_at, created_at, updated_at) VALUES ('$job', '$theirs', 'x', 1, 1, 1); -- jobs_pkey
INSERT INTO jobs (id, store_id, name, cursor_at, created_at, updated_at) VALUES ('$new', '$nobody', 'x', 1, 1, 1); -- jobs_store_id_fkey
UPDATE job_runs SET finished_at = 2 WHERE id = '$pass'; -- job_runs_check
UPDATE job_runs SET state = 'resting' WHERE id = '$ended_pass'; -- job_runs_state_check
UPDATE job_runs SET trigger = 'whim'; -- job_runs_trigger_check
INSERT INTO job_runs (id, store_id, job_id, number, trigger, scheduled_time, state, started_at, finished_at) VALUES ('$pass', '$theirs', '$their_job', 9, 'manual', NULL, 'failed', 1, 2); -- job_runs_pkey
UPDATE job_runs SET number = 0 WHERE id = '$pass'; -- job_runs_number_check
UPDATE job_runs SET first_position = 0 WHERE id = '$pass'; -- job_runs_first_position_check
INSERT INTO job_runs (id, store_id, job_id, number, trigger, scheduled_time, state, started_at, finished_at) VALUES ('$new', '$mine', '$job', 9, 'manual', NULL, 'running', 1, NULL); -- job_runs_live
UPDATE job_runs SET number = 2 WHERE id = '$ended_pass'; -- job_runs_number
INSERT INTO job_runs (id, store_id, job_id, number, trigger, scheduled_time, state, started_at, finished_at) VALUES ('$new', '$mine', '$job', 9, 'schedule', 3600, 'failed', 1, 2); -- job_runs_store_id_job_id_scheduled_time_key
INSERT INTO job_runs (id, store_id, job_id, number, trigger, scheduled_time, state, started_at, finished_at) VALUES ('$new', '$mine', '$their_job', 9, 'manual', NULL, 'failed', 1, 2); -- job_runs_store_id_job_id_fkey
INSERT INTO job_run_steps (job_run_id, position, store_id, task_id) VALUES ('$pass', 1, '$mine', '$task'); -- job_run_steps_pkey
INSERT INTO job_run_steps (job_run_id, position, store_id, task_id) VALUES ('$their_pass', 1, '$mine', '$task'); -- job_run_steps_store_id_job_run_id_fkey
INSERT INTO job_run_steps (job_run_id, position, store_id, task_id) VALUES ('$pass', 2, '$mine', '$their_task'); -- job_run_steps_store_id_task_id_fkey
UPDATE job_run_steps SET skip_reason = 'whim'; -- job_run_steps_skip_reason_check

UPDATE tasks SET name = ''; -- tasks_name_check
UPDATE tasks SET prompt = ''; -- tasks_prompt_check
UPDATE tasks SET kind = 'robot'; -- tasks_kind_check
UPDATE tasks SET overlap = 'pile_up'; -- tasks_overlap_check
UPDATE tasks SET misfire = 'hope'; -- tasks_misfire_check
UPDATE tasks SET delivery = 'pigeon'; -- tasks_delivery_check
UPDATE tasks SET priority = 6; -- tasks_priority_check
UPDATE tasks SET max_retries = 11; -- tasks_max_retries_check
UPDATE tasks SET retry_delay_seconds = 3601; -- tasks_retry_delay_seconds_check
UPDATE tasks SET max_turns = 0; -- tasks_max_turns_check
UPDATE tasks SET timeout_seconds = 0; -- tasks_timeout_seconds_check
UPDATE tasks SET tools = '{'; -- tasks_tools_check
UPDATE tasks SET gate = '{'; -- tasks_gate_check
UPDATE tasks SET outcome = '{'; -- tasks_outcome_check
UPDATE tasks SET budget_nanousd = -1; -- tasks_budget_nanousd_check
UPDATE tasks SET deadline_seconds = 0; -- tasks_deadline_seconds_check
UPDATE tasks SET interval_seconds = 59; -- tasks_interval_seconds_check
UPDATE tasks SET min_interval_seconds = 59; -- tasks_min_interval_seconds_check
UPDATE tasks SET position = 0 WHERE id = '$step_task'; -- tasks_position_check
UPDATE tasks SET retry_multiplier = 0.5; -- tasks_retry_multiplier_check
UPDATE tasks SET retry_cap_seconds = 86401; -- tasks_retry_cap_seconds_check
UPDATE tasks SET retry_on = '{'; -- tasks_retry_on_check
UPDATE tasks SET schedule_type = 'whim' WHERE id = '$bare_task'; -- tasks_schedule_type_check
UPDATE tasks SET min_interval_seconds = 120, max_interval_seconds = 60; -- tasks_check
UPDATE tasks SET anchor_at = NULL WHERE id = '$task'; -- tasks_check1
UPDATE tasks SET schedule_type = 'calendar', cron = '0 9 * * *' WHERE id = '$bare_task'; -- tasks_check2
UPDATE tasks SET once_at = 5 WHERE id = '$bare_task'; -- tasks_check3
UPDATE tasks SET schedule_type = 'file_watch' WHERE id = '$bare_task'; -- tasks_check4
UPDATE tasks SET job_id = NULL WHERE id = '$step_task'; -- tasks_check5
UPDATE tasks SET position = NULL WHERE id = '$step_task'; -- tasks_check6
UPDATE tasks SET enabled = false WHERE id = '$task'; -- tasks_check7
UPDATE tasks SET held = true WHERE id = '$task'; -- tasks_check8
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, cursor_at, created_at, updated_at) VALUES ('$task', '$theirs', 'x', 'x', 'manual', 1, 1, 1); -- tasks_pkey
UPDATE tasks SET schedule_type = 'sequential', job_id = '$job', position = 1 WHERE id = '$bare_task'; -- tasks_order
INSERT INTO tasks (id, store_id, name, prompt, schedule_type, cursor_at, created_at, updated_at) VALUES ('$new', '$nobody', 'x', 'x', 'manual', 1, 1, 1); -- tasks_store_id_fkey
UPDATE tasks SET job_id = '$their_job' WHERE id = '$bare_task'; -- tasks_store_id_job_id_fkey
UPDATE tasks SET project_id = '$their_project' WHERE id = '$bare_task'; -- tasks_store_id_project_id_fkey
INSERT INTO task_notes (task_id, store_id, body, updated_at) VALUES ('$task', '$mine', 'x', 1); -- task_notes_pkey
INSERT INTO task_notes (task_id, store_id, body, updated_at) VALUES ('$their_task', '$mine', 'x', 1); -- task_notes_store_id_task_id_fkey

INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 3600, '$mine', 'missed', NULL, NULL, 1, '$batch', 1); -- processed_task_executions_pkey
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$nobody', 'missed', NULL, NULL, 1, '$batch', 1); -- processed_task_executions_store_id_fkey
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$mine', 'missed', NULL, 7199, 1, '$batch', 1); -- processed_task_executions_check
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$mine', 'claimed', NULL, NULL, 1, '$batch', 1); -- processed_task_executions_check1
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$mine', 'claimed', '$new', 7200, 1, '$batch', 1); -- processed_task_executions_check2
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$mine', 'missed', NULL, NULL, 2, '$batch', 1); -- processed_task_executions_check3
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$mine', 'forgotten', NULL, NULL, 1, '$batch', 1); -- processed_task_executions_disposition_check
INSERT INTO processed_task_executions (task_id, scheduled_time, store_id, disposition, run_id, until_time, slot_count, batch_id, processed_at) VALUES ('$task', 7200, '$mine', 'missed', NULL, 7200, 0, '$batch', 1); -- processed_task_executions_slot_count_check

INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 3600, '$mine', 'missed', NULL, NULL, 1, 1); -- processed_job_executions_pkey
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$nobody', 'missed', NULL, NULL, 1, 1); -- processed_job_executions_store_id_fkey
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$mine', 'missed', NULL, 7199, 1, 1); -- processed_job_executions_check
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$mine', 'claimed', NULL, NULL, 1, 1); -- processed_job_executions_check1
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$mine', 'claimed', '$new', 7200, 1, 1); -- processed_job_executions_check2
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$mine', 'missed', NULL, NULL, 2, 1); -- processed_job_executions_check3
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$mine', 'skipped_paused', NULL, NULL, 1, 1); -- processed_job_executions_disposition_check
INSERT INTO processed_job_executions (job_id, scheduled_time, store_id, disposition, job_run_id, until_time, slot_count, processed_at) VALUES ('$job', 7200, '$mine', 'missed', NULL, 7200, 0, 1); -- processed_job_executions_slot_count_check

INSERT INTO runs (id, store_id, task_id, trigger, queued_at) VALUES ('$ended', '$theirs', '$their_task', 'manual', 1); -- runs_pkey
UPDATE runs SET scheduled_time = 3600 WHERE id = '$queued'; -- runs_slot
UPDATE runs SET state = 'running', worker_id = '$worker', lease_expires_at = 9 WHERE id = '$queued'; -- runs_live
UPDATE runs SET job_run_id = '$pass', position = 1 WHERE id = '$queued'; -- runs_job_run_id_position_key
UPDATE runs SET idempotency_key = 'key' WHERE id = '$queued'; -- runs_store_id_idempotency_key_key
UPDATE runs SET task_id = '$their_task' WHERE id = '$queued'; -- runs_store_id_task_id_fkey
UPDATE runs SET job_run_id = '$their_pass', position = 1 WHERE id = '$queued'; -- runs_store_id_job_run_id_fkey
UPDATE runs SET rerun_of = '$their_run' WHERE id = '$queued'; -- runs_store_id_rerun_of_fkey
UPDATE runs SET scheduled_time = 7200 WHERE id = '$queued'; -- runs_task_id_scheduled_time_store_id_fkey
UPDATE runs SET state = 'resting' WHERE id = '$queued'; -- runs_state_check
UPDATE runs SET trigger = 'whim' WHERE id = '$queued'; -- runs_trigger_check
UPDATE runs SET waiting_for = 'godot' WHERE id = '$waiting'; -- runs_waiting_for_check
UPDATE runs SET waiting_for = NULL WHERE id = '$waiting'; -- runs_check
UPDATE runs SET waiting_since = NULL WHERE id = '$waiting'; -- runs_check1
UPDATE runs SET lease_expires_at = NULL WHERE id = '$run'; -- runs_check2
UPDATE runs SET worker_id = NULL WHERE id = '$run'; -- runs_check3
UPDATE runs SET finished_at = NULL WHERE id = '$ended'; -- runs_check4
UPDATE runs SET error_class = NULL WHERE id = '$failed'; -- runs_check5
UPDATE runs SET position = 1 WHERE id = '$queued'; -- runs_check6

UPDATE run_requests SET request = '{'; -- run_requests_request_check
INSERT INTO run_requests (run_id, store_id, request) VALUES ('$run', '$mine', '{}'); -- run_requests_pkey
INSERT INTO run_requests (run_id, store_id, request) VALUES ('$their_run', '$mine', '{}'); -- run_requests_store_id_run_id_fkey
UPDATE run_attempts SET opening = '{'; -- run_attempts_opening_check
INSERT INTO run_attempts (run_id, attempt, store_id, opening, started_at) VALUES ('$run', 1, '$mine', '{}', 1); -- run_attempts_pkey
UPDATE run_attempts SET run_id = '$their_run'; -- run_attempts_store_id_run_id_fkey
UPDATE turns SET response = '{'; -- turns_response_check
UPDATE turns SET reply = '{'; -- turns_reply_check
INSERT INTO turns (run_id, turn, store_id, attempt, response, created_at) VALUES ('$run', 1, '$mine', 1, '{}', 1); -- turns_pkey
INSERT INTO turns (run_id, turn, store_id, attempt, response, created_at) VALUES ('$their_run', 2, '$mine', 1, '{}', 1); -- turns_store_id_run_id_fkey
UPDATE llm_calls SET state = 'pending'; -- llm_calls_state_check
INSERT INTO llm_calls (id, store_id, run_id, turn, fence, model, started_at) VALUES ('$call', '$theirs', '$their_run', 1, 1, 'm', 1); -- llm_calls_pkey
UPDATE llm_calls SET run_id = '$their_run'; -- llm_calls_store_id_run_id_fkey
UPDATE tool_calls SET arguments = '{'; -- tool_calls_arguments_check
UPDATE tool_calls SET effect = 'magic'; -- tool_calls_effect_check
UPDATE tool_calls SET state = 'lost', result = '{}', finished_at = 2; -- tool_calls_state_check
UPDATE tool_calls SET state = 'succeeded'; -- tool_calls_check
UPDATE tool_calls SET state = 'succeeded', finished_at = 2; -- tool_calls_check1
INSERT INTO tool_calls (run_id, turn, position, store_id, tool_use_id, name, arguments, effect, created_at) VALUES ('$run', 1, 1, '$mine', 'again', 'create_card', '{}', 'local', 1); -- tool_calls_pkey
UPDATE tool_calls SET store_id = '$theirs' WHERE run_id = '$run' AND position = 2; -- tool_calls_store_id_run_id_fkey
UPDATE tool_calls SET turn = 2 WHERE run_id = '$run' AND position = 2; -- tool_calls_run_id_turn_fkey
UPDATE approvals SET state = 'pondered', decided_at = 2; -- approvals_state_check
UPDATE approvals SET edited_arguments = '{'; -- approvals_edited_arguments_check
UPDATE approvals SET state = 'approved'; -- approvals_check
INSERT INTO approvals (id, store_id, run_id, turn, position, arguments_hash, requested_at, expires_at) VALUES ('$approval', '$theirs', '$their_run', 1, 1, 'hash', 1, 2); -- approvals_pkey
INSERT INTO approvals (id, store_id, run_id, turn, position, arguments_hash, requested_at, expires_at) VALUES ('$new', '$mine', '$run', 1, 1, 'hash', 1, 2); -- approvals_run_id_turn_position_key
UPDATE approvals SET store_id = '$theirs'; -- approvals_store_id_run_id_turn_position_fkey
UPDATE run_logs SET fields = '{'; -- run_logs_fields_check
INSERT INTO run_logs (run_id, position, store_id, logged_at, level, event) VALUES ('$run', 1, '$mine', 1, 'info', 'x'); -- run_logs_pkey
UPDATE run_logs SET run_id = '$their_run'; -- run_logs_store_id_run_id_fkey

UPDATE tasks SET settle_seconds = 86401; -- tasks_settle_seconds_check
UPDATE file_watches SET watch_path = ''; -- file_watches_watch_path_check
UPDATE file_watches SET look_count = 0; -- file_watches_look_count_check
INSERT INTO file_watches (task_id, store_id, watch_path) VALUES ('$task', '$mine', 'x'); -- file_watches_pkey
INSERT INTO file_watches (task_id, store_id, watch_path) VALUES ('$bare_task', '$theirs', 'x'); -- file_watches_store_id_task_id_fkey
INSERT INTO watched_files (task_id, store_id, path, size_bytes, mtime_ns, inode) VALUES ('$task', '$mine', 'known', 1, 1, 1); -- watched_files_pkey
INSERT INTO watched_files (task_id, store_id, path, size_bytes, mtime_ns, inode) VALUES ('$task', '$theirs', 'x', 1, 1, 1); -- watched_files_store_id_task_id_fkey
UPDATE watched_files SET path = '' WHERE path = 'known'; -- watched_files_path_check
UPDATE watched_files SET size_bytes = -1 WHERE path = 'known'; -- watched_files_size_bytes_check
UPDATE watched_files SET seen_size_bytes = -1 WHERE path = 'new'; -- watched_files_seen_size_bytes_check
UPDATE watched_files SET inode = NULL WHERE path = 'known'; -- watched_files_check
UPDATE watched_files SET seen_inode = NULL WHERE path = 'new'; -- watched_files_check1
UPDATE watched_files SET hash = 'x' WHERE path = 'new'; -- watched_files_check2
UPDATE watched_files SET size_bytes = NULL, mtime_ns = NULL, inode = NULL WHERE path = 'known'; -- watched_files_check3
UPDATE watched_files SET differs_since = NULL WHERE path = 'new'; -- watched_files_check4
UPDATE run_changes SET path = ''; -- run_changes_path_check
UPDATE run_changes SET change = 'moved'; -- run_changes_change_check
UPDATE run_changes SET size_bytes = -1; -- run_changes_size_bytes_check
UPDATE run_changes SET change = 'deleted'; -- run_changes_check
INSERT INTO run_changes (run_id, store_id, path, change, size_bytes) VALUES ('$run', '$mine', '/in/known', 'changed', 1); -- run_changes_pkey
INSERT INTO run_changes (run_id, store_id, path, change, size_bytes) VALUES ('$their_run', '$mine', '/in/x', 'changed', 1); -- run_changes_store_id_run_id_fkey

UPDATE boards SET name = '' WHERE id = '$board'; -- boards_name_check
INSERT INTO boards (id, store_id, name, created_at) VALUES ('$board', '$theirs', 'x', 1); -- boards_pkey
INSERT INTO boards (id, store_id, name, created_at) VALUES ('$new', '$mine', 'Board', 1); -- boards_store_id_name_key
INSERT INTO boards (id, store_id, name, created_at) VALUES ('$new', '$nobody', 'x', 1); -- boards_store_id_fkey
UPDATE board_columns SET name = '' WHERE id = '$to_do'; -- board_columns_name_check
INSERT INTO board_columns (id, store_id, board_id, name, position) VALUES ('$to_do', '$theirs', '$their_board', 'x', 9); -- board_columns_pkey
UPDATE board_columns SET name = 'Done' WHERE id = '$to_do'; -- board_columns_board_id_name_key
UPDATE board_columns SET position = 2 WHERE id = '$to_do'; -- board_columns_board_id_position_key
UPDATE board_columns SET board_id = '$their_board', position = 9, name = 'x' WHERE id = '$done'; -- board_columns_store_id_board_id_fkey
UPDATE cards SET title = ''; -- cards_title_check
INSERT INTO cards (id, store_id, board_id, column_id, title, position, created_at, updated_at) VALUES ('$other_card', '$theirs', '$their_board', '$their_column', 'x', 2, 1, 1); -- cards_pkey
UPDATE cards SET column_id = '$their_column' WHERE id = '$other_card'; -- cards_store_id_board_id_column_id_fkey
UPDATE card_comments SET body = ''; -- card_comments_body_check
INSERT INTO card_comments (id, store_id, card_id, author, body, created_at) VALUES ('$comment', '$theirs', '$their_card', 'x', 'x', 1); -- card_comments_pkey
UPDATE card_comments SET card_id = '$their_card'; -- card_comments_store_id_card_id_fkey
INSERT INTO run_cards (run_id, card_id, store_id) VALUES ('$run', '$card', '$mine'); -- run_cards_pkey
INSERT INTO run_cards (run_id, card_id, store_id) VALUES ('$their_run', '$card', '$mine'); -- run_cards_store_id_run_id_fkey
INSERT INTO run_cards (run_id, card_id, store_id) VALUES ('$run', '$their_card', '$mine'); -- run_cards_store_id_card_id_fkey

INSERT INTO ticks (id, host, pid, started_at) VALUES ('$tick', 'x', 1, 1); -- ticks_pkey
UPDATE ticks SET counts = '{'; -- ticks_counts_check
INSERT INTO heartbeat (id) VALUES (1); -- heartbeat_pkey
INSERT INTO heartbeat (id) VALUES (2); -- heartbeat_id_check
INSERT INTO latest_edit (id, edited_at) VALUES (1, 1); -- latest_edit_pkey
INSERT INTO latest_edit (id, edited_at) VALUES (2, 1); -- latest_edit_id_check
INSERT INTO provider_circuits (provider, reason, opened_at, retry_at) VALUES ('anthropic', 'x', 1, 1); -- provider_circuits_pkey
INSERT INTO emergency_stop (id, reason, stopped_at) VALUES (1, 'x', 1); -- emergency_stop_pkey
INSERT INTO emergency_stop (id, reason, stopped_at) VALUES (2, 'x', 1); -- emergency_stop_id_check
INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1, 'x', 'x', 1); -- schema_migrations_pkey

UPDATE events SET store_id = '$nobody'; -- events_store_id_fkey
UPDATE events SET payload = '{'; -- events_payload_check
UPDATE audit_log SET store_id = '$nobody'; -- audit_log_store_id_fkey
UPDATE audit_log SET before = '{'; -- audit_log_before_check
UPDATE audit_log SET after = '{'; -- audit_log_after_check
UPDATE tasks SET fallback = 'hope'; -- tasks_fallback_check
UPDATE schedule_proposals SET after_seconds = 0; -- schedule_proposals_after_seconds_check
UPDATE schedule_proposals SET reason = ''; -- schedule_proposals_reason_check
UPDATE schedule_proposals SET state = 'pondered' WHERE id = '$used_proposal'; -- schedule_proposals_state_check
UPDATE schedule_proposals SET settled_at = 2 WHERE id = '$proposal'; -- schedule_proposals_check
INSERT INTO schedule_proposals (id, store_id, task_id, run_id, wanted_at, reason, proposed_at, state, settled_at) VALUES ('$used_proposal', '$theirs', '$their_task', '$their_run', 9, 'x', 1, 'used', 2); -- schedule_proposals_pkey
UPDATE schedule_proposals SET state = 'open', settled_at = NULL WHERE id = '$used_proposal'; -- schedule_proposals_open
UPDATE schedule_proposals SET task_id = '$their_task' WHERE id = '$used_proposal'; -- schedule_proposals_store_id_task_id_fkey
UPDATE schedule_proposals SET run_id = '$their_run' WHERE id = '$used_proposal'; -- schedule_proposals_store_id_run_id_fkey
INSERT INTO schedule_decisions (id, store_id, task_id, decided_at, source, inputs, said) SELECT id, '$mine', '$task', 1, 'paused', '{}', 'x' FROM schedule_decisions; -- schedule_decisions_pkey
UPDATE schedule_decisions SET source = 'whim'; -- schedule_decisions_source_check
UPDATE schedule_decisions SET inputs = '{'; -- schedule_decisions_inputs_check
UPDATE schedule_decisions SET task_id = '$their_task'; -- schedule_decisions_store_id_task_id_fkey
UPDATE schedule_decisions SET proposal_id = '$their_proposal'; -- schedule_decisions_store_id_proposal_id_fkey
UPDATE schedule_decisions SET run_id = '$their_run'; -- schedule_decisions_store_id_run_id_fkey
