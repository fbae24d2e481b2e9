from processor.rules.schedules import Once, count, describe, newest, next_after, next_two, slots, slots_backwards

ONCE = Once(1_767_344_400)


def test_there_is_one_slot() -> None:
    span = ONCE.at - 1, ONCE.at
    assert list(slots(ONCE, *span)) == list(slots_backwards(ONCE, *span)) == [ONCE.at]
    assert (count(ONCE, *span), newest(ONCE, *span), next_after(ONCE, ONCE.at - 1)) == (1, ONCE.at, ONCE.at)
    assert next_two(ONCE, ONCE.at - 1) == (ONCE.at, None)


def test_nothing_follows_it() -> None:
    span = ONCE.at, ONCE.at + 3600
    assert list(slots(ONCE, *span)) == list(slots_backwards(ONCE, *span)) == []
    assert (count(ONCE, *span), newest(ONCE, *span), next_after(ONCE, ONCE.at)) == (0, None, None)
    assert next_two(ONCE, ONCE.at) == (None, None)


def test_it_is_told_in_utc() -> None:
    assert describe(ONCE) == "Once at 2026-01-02 09:00 UTC"
    assert describe(Once(ONCE.at + 5)) == "Once at 2026-01-02 09:00:05 UTC"
