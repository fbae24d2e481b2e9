-- Since when a run that was taken over may have shown that it does not kill its workers: a turn with this fence or a later one.

ALTER TABLE runs ADD COLUMN recovery_fence bigint NOT NULL DEFAULT 0; -- that of the latest takeover from a silent worker
