-- File watches: what a look at the file system remembers for the next one, and what was handed to a run.

ALTER TABLE tasks ADD COLUMN settle_seconds bigint NOT NULL DEFAULT 60 CHECK (settle_seconds BETWEEN 0 AND 86400);

CREATE INDEX tasks_watching ON tasks (store_id, id) WHERE schedule_type = 'file_watch' AND enabled;

CREATE TABLE file_watches ( -- the looks of a task at its path; without the row it has not looked yet
    task_id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL,
    watch_path text NOT NULL CHECK (watch_path <> ''), -- what was looked at; another path begins anew
    look_count bigint NOT NULL DEFAULT 1 CHECK (look_count >= 1), -- compare-and-set of looks that found something
    first_look_at bigint, -- what was there then is known without a run; empty: nothing could be seen yet
    is_folder boolean NOT NULL DEFAULT false, -- the path has been a folder
    device bigint, -- of the file system; another one that is empty is a mount that is missing
    warning text, -- what could not be seen; told when it changes
    UNIQUE (store_id, task_id),
    FOREIGN KEY (store_id, task_id) REFERENCES tasks (store_id, id) ON DELETE CASCADE
);

-- The files of a watch. What runs know of a file, and how it has looked since when, if that differs.
CREATE TABLE watched_files (
    task_id uuid NOT NULL,
    path text COLLATE "C" NOT NULL CHECK (path <> ''), -- below the folder that the watch begins in
    store_id uuid NOT NULL,
    size_bytes bigint CHECK (size_bytes >= 0), -- as known; empty: no run has heard of this file
    mtime_ns bigint,
    inode bigint,
    hash text, -- of the content as known; empty: not read
    seen_size_bytes bigint CHECK (seen_size_bytes >= 0), -- as seen while it differs; empty: the file is gone
    seen_mtime_ns bigint,
    seen_inode bigint,
    differs_since bigint, -- it has looked like that since then, by our clock; empty: it is as known
    PRIMARY KEY (task_id, path),
    FOREIGN KEY (store_id, task_id) REFERENCES file_watches (store_id, task_id) ON DELETE CASCADE,
    CHECK ((size_bytes IS NULL) = (mtime_ns IS NULL) AND (size_bytes IS NULL) = (inode IS NULL)),
    CHECK ((seen_size_bytes IS NULL) = (seen_mtime_ns IS NULL) AND (seen_size_bytes IS NULL) = (seen_inode IS NULL)),
    CHECK (hash IS NULL OR size_bytes IS NOT NULL),
    CHECK (size_bytes IS NOT NULL OR seen_size_bytes IS NOT NULL),
    CHECK (seen_size_bytes IS NULL OR differs_since IS NOT NULL)
);

CREATE TABLE run_changes ( -- what a run of a file watch was told
    run_id uuid NOT NULL,
    path text NOT NULL CHECK (path <> ''), -- in full
    store_id uuid NOT NULL,
    change text NOT NULL CHECK (change IN ('created', 'changed', 'deleted')),
    size_bytes bigint CHECK (size_bytes >= 0),
    PRIMARY KEY (run_id, path),
    FOREIGN KEY (store_id, run_id) REFERENCES runs (store_id, id) ON DELETE CASCADE,
    CHECK ((change = 'deleted') = (size_bytes IS NULL))
);
