"""Ticks that reach their database through a proxy which cuts connections."""

from tests.reliability.proxy import Choose, CuttingProxy
from tests.reliability.scene import Scene

FORESEEN = {0: "ticks_at_0", 75: "ticks_at_75"}
TASKS_AT_ONCE = 8


def tick_while_cut(scene: Scene, proxy: CuttingProxy, choose: Choose, wanted: int) -> None:
    """Tick until so many connections were cut; then in peace until all is done.

    No lease is waited for: each tick must find what the one before had to leave.
    """
    direct = scene.environment["PROCESSOR_DATABASE_URL"]
    scene.environment["PROCESSOR_DATABASE_URL"] = proxy.url
    proxy.choose = choose
    while proxy.cuts.total() < wanted:
        if scene.unfinished() < TASKS_AT_ONCE // 2:
            scene.due_tasks(TASKS_AT_ONCE)
        tick = scene.start()
        code = tick.wait()
        assert code in FORESEEN, tick.log.read_text()[-3_000:]
        scene.counts[FORESEEN[code]] += 1
    scene.environment["PROCESSOR_DATABASE_URL"] = direct
    scene.settle()
    scene.counts["connections_cut"] += proxy.cuts.total()
    scene.counts["runs"] += scene.ask("SELECT count(*) FROM runs")
    scene.counts["recoveries"] += int(scene.ask("SELECT sum(recoveries) FROM runs"))
