"""The materialising part of a tick alone."""

from processor.tick.materialise import materialise
from tests.world import World


def materialised(world: World, store_id: str | None = None) -> dict[str, int]:
    counts = materialise(world.database, world.settings, store_id, with_model=True)
    return {name: getattr(counts, name) for name in counts.__slots__}
