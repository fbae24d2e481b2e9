"""What anybody may ask for: one module a noun, shared by the command line, REST, the console and the agents' tools.

Every function takes an open transaction first and leaves committing to whoever opened it. An id that belongs to
another store is as unknown as one that never was. Wrong input raises InvalidInput, a missing thing NotFound, and a
thing that is in use, or that somebody else changed first, Conflict.
"""
