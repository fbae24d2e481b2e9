"""One invocation of process-tasks: what is due is claimed, executed and written back, and the process ends."""
