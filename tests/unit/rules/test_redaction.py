import pytest

from processor.rules.redaction import redacted, redacted_throughout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the key sk-ant-api03-Abc_def-123 is bad", "the key *** is bad"),
        ("postgresql://me:s3cret@db.example/name", "postgresql://me:***@db.example/name"),
        ("postgresql://me:p@ss@db.example/name", "postgresql://me:***@db.example/name"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ('{"x-api-key": "abc"}', '{"x-api-key": "***"}'),
        ("password=hunter2, user=me", "password=***, user=me"),
        ("sent bearer eyJ0.eyJ1.sig on", "sent bearer *** on"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Create a card called 'Pay the bearer'",
        "sqlite:////home/me/data/processor.db",
        "https://example.org:8443/path?at=me@example.org",
        "the task sk-1 is late",
        "postgresql://me@db.example/name",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_values_are_masked_however_deep_they_are() -> None:
    value = {"headers": [{"Authorization": "Basic x"}, "password: y"], "count": 3, "db_password": "z", "none": None}
    assert redacted_throughout(value) == {
        "headers": [{"Authorization": "***"}, "password: ***"],
        "count": 3,
        "db_password": "***",
        "none": None,
    }
