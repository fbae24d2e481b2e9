from processor.context import HARD_DEADLINE_SECONDS, TickContext, unheard


class Monotonic:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_tick_ends_at_its_soft_deadline() -> None:
    clock = Monotonic()
    context = TickContext(240, monotonic=clock)

    assert not context.ending
    clock.now += 239.5
    assert not context.ending
    clock.now += 0.5
    assert context.ending


def test_calls_may_last_until_the_hard_deadline_and_no_longer() -> None:
    clock = Monotonic()
    context = TickContext(240, monotonic=clock)

    assert context.seconds_to_hard_deadline == 240 + HARD_DEADLINE_SECONDS
    clock.now += 1_000
    assert context.seconds_to_hard_deadline == 0


def test_a_stop_ends_the_tick_at_once() -> None:
    context = TickContext(240, monotonic=Monotonic())

    context.stop("SIGTERM")

    assert (context.ending, context.stop_reason) == (True, "SIGTERM")


def test_the_first_reason_to_stop_stays() -> None:
    context = TickContext(240, monotonic=Monotonic())

    context.stop("SIGTERM")
    context.stop("SIGINT")

    assert context.stop_reason == "SIGTERM"


def test_nobody_has_to_listen() -> None:
    assert TickContext(240).listener is unheard
    unheard("run.started", run_id="1")
