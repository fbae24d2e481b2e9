"""Reads plain imperative prompts ("Create a task called 'X'. Move 'Y' to 'Done'.") without any model."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreateCard:
    title: str
    description: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class MoveCard:
    title: str
    column: str


@dataclass(frozen=True, slots=True)
class CommentOnCard:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class WriteNote:
    text: str


@dataclass(frozen=True, slots=True)
class Summarise:
    column: str | None = None


Step = CreateCard | MoveCard | CommentOnCard | WriteNote | Summarise

# What stands in quotes is taken out first and stands as ⟦0⟧, ⟦1⟧, … so that its words are never read as commands.
_QUOTED = re.compile(
    r"""(?<!\w)(?: "([^"]+)" | “([^“”]+)” | „([^„“”]+)[“”] | «([^«»]+)» | `([^`]+)`
        | ‘(.+?)’(?!\w) | ‚(.+?)[‘’](?!\w) | '(.+?)'(?!\w) )""",  # noqa: RUF001  (typographic quotes are meant)
    re.VERBOSE,
)
_MARK = re.compile(r"⟦(\d+)⟧")
_SPLIT = re.compile(
    r"""[.!?;]+(?:\s+|$) | ,?\s+(?:and\s+)?then\s+
        | ,?\s+and\s+(?=(?:create|add|make|move|comment|note|leave|list|show|summari[sz]e|review)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:[\s*•-]+|\d+[.)]\s+|(?:please|first|next|also|finally|now|and|then)\b[\s,:]*)+", re.IGNORECASE
)

_CARD = r"(?:the\s+)?(?:(?:new\s+)?(?:task|card)s?\s+)?(?:called\s+|named\s+)?"
_COLUMN = r"(?:the\s+)?(?:(?:column|lane)\s+)?(?P<column>⟦\d+⟧|[^\s,:⟦⟧][^,:⟦⟧]*?)(?:\s+(?:column|lane))?"
_SAYS_COLUMN = re.compile(r"⟦|\b(?:column|lane)\b", re.IGNORECASE)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CREATE = _words(r"(?:create|add|make)\s+(?P<what>.*?\b(?:task|card)s?\b.*)$")
_CREATE_IN = _words(
    r",?\s+(?:and\s+put\s+(?:it|them)\s+)?(?P<preposition>in|into|to|under)\s+"
    + _COLUMN
    + r"(?=$|,|\s+(?:with|called|named|titled)\b)"
)
_DESCRIPTION = _words(r",?\s+(?:and|with)\s+(?:an?\s+|the\s+)?(?:description|text|body)\s*:?\s*(?:of\s+)?⟦(\d+)⟧")
_UNQUOTED = _words(r"\b(?:task|card)s?\s+(?:called|named|titled)\s*:?\s*(?P<title>[^⟦⟧]+)$")
_MOVE = _words(rf"(?:move|put)\s+(?P<cards>.*?⟦\d+⟧.*?)\s+(?:in)?to\s+{_COLUMN}$")
_COMMENT = _words(rf"(?:comment|add\s+a\s+comment)\s+(?:on|to)\s+{_CARD}⟦(?P<card>\d+)⟧\s*[:,]?\s*(?P<text>.+)$")
_NOTE = _words(
    r"(?:(?:leave|write|make|take)\s+)?(?:an?\s+)?(?:note|remember)\b"
    r"(?:\s+for\s+(?:the\s+)?next\s+(?:time|run))?\s*[:,]\s*(?P<text>.+)$"
)
_SUMMARISE = _words(r"(?:list|show|summari[sz]e|review|count|report\s+on)\b.*?\b(?:board|cards?|tasks?)\b(?P<rest>.*)$")
_SUMMARISE_IN = _words(rf"\b(?:in|of|under)\s+{_COLUMN}$")


def read_steps(prompt: str) -> list[Step]:
    """Return what the prompt asks for, in its order; what is not understood is left out."""
    quotes: list[re.Match[str]] = []

    def mark(match: re.Match[str]) -> str:
        quotes.append(match)
        return f"⟦{len(quotes) - 1}⟧"

    marked = _QUOTED.sub(mark, _MARK.sub("", prompt))
    reader = _Reader(quotes)
    return [step for clause in _clauses(marked) for step in reader.steps(clause)]


def _clauses(text: str) -> Iterator[str]:
    for line in text.splitlines():
        rest = _OPENING.sub("", line.strip())
        while rest:
            # The text of a comment or note goes on to the end of its line.
            end = None if _NOTE.match(rest) or _COMMENT.match(rest) else _SPLIT.search(rest)
            yield rest[: end.start()] if end else rest
            rest = _OPENING.sub("", rest[end.end() :]) if end else ""


class _Reader:
    """Turns one clause into steps; knows what the quotes hold."""

    def __init__(self, quotes: list[re.Match[str]]) -> None:
        self._quotes = quotes

    def steps(self, clause: str) -> list[Step]:
        readers: list[tuple[re.Pattern[str], Callable[[re.Match[str]], list[Step]]]] = [
            (_NOTE, self._note),
            (_COMMENT, self._comment),
            (_CREATE, self._create),
            (_MOVE, self._move),
            (_SUMMARISE, self._summarise),
        ]
        for pattern, read in readers:
            if match := pattern.match(clause.strip()):
                return read(match)
        return []

    def _create(self, match: re.Match[str]) -> list[Step]:
        what = match["what"]
        description = column = None
        if found := _DESCRIPTION.search(what):
            description = self._inner(int(found[1]))
            what = what[: found.start()] + what[found.end() :]
        found = _CREATE_IN.search(what)
        # "Create a task to remind me called 'X'" names no column.
        if found and (found["preposition"].lower() != "to" or _SAYS_COLUMN.search(found[0])):
            column = self._plain(found["column"])
            what = what[: found.start()] + what[found.end() :]
        titles = self._inners(what)
        if not titles and (found := _UNQUOTED.search(what)):
            titles = [found["title"].strip()]
        return [CreateCard(title, description, column) for title in titles]

    def _move(self, match: re.Match[str]) -> list[Step]:
        column = self._plain(match["column"])
        return [MoveCard(title, column) for title in self._inners(match["cards"])]

    def _comment(self, match: re.Match[str]) -> list[Step]:
        return [CommentOnCard(self._inner(int(match["card"])), self._plain(match["text"]))]

    def _note(self, match: re.Match[str]) -> list[Step]:
        return [WriteNote(self._plain(match["text"]))]

    def _summarise(self, match: re.Match[str]) -> list[Step]:
        found = _SUMMARISE_IN.search(match["rest"])
        return [Summarise(self._plain(found["column"]) if found and _SAYS_COLUMN.search(found[0]) else None)]

    def _inner(self, number: int) -> str:
        quote = self._quotes[number]
        return str(quote[quote.lastindex or 0]).strip()

    def _inners(self, text: str) -> list[str]:
        return [self._inner(int(number)) for number in _MARK.findall(text)]

    def _plain(self, text: str) -> str:
        """Return the text with its quotes put back; one that is a quote as a whole loses its marks."""
        if whole := _MARK.fullmatch(text.strip().rstrip(".")):
            return self._inner(int(whole[1]))
        return _MARK.sub(lambda mark: self._quotes[int(mark[1])][0], text).strip()
