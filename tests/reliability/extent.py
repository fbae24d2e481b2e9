"""How much is done to the program: what continuous integration does, or many times that."""

import math
import os

KILLS_VARIABLE = "RELIABILITY_KILLS"
"""How many random kills each database gets; everything else grows in proportion."""
USUAL_KILLS = 200
KILLS_PER_SEED = 67

KILLS = int(os.environ.get(KILLS_VARIABLE) or USUAL_KILLS)
SEEDS = range(1, 1 + math.ceil(KILLS / KILLS_PER_SEED))
"""Each begins with a fresh database, so that any of them can be tried again alone."""
TIMES = max(1, round(KILLS / USUAL_KILLS))
