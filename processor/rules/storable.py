"""Text from outside, made into what both databases can hold."""


def storable(text: str) -> str:
    """The same text without NUL (Postgres refuses it) and with broken surrogates (no UTF-8 has them) shown as `?`."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
