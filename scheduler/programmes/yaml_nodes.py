"""YAML with marks: values that know their file, key and line, and complaints that name them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from scheduler.errors import InvalidInputError
from scheduler.message import N_, Message

MAX_CHARACTERS = 200_000
#: Aliases can make a small text huge; no honest programme comes near these.
MAX_VALUES = 50_000
MAX_MERGES_DEEP = 20


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong in a programme: at which key, on which line, and why.

    ``key`` is a path such as ``activities.intake.seats.min``: the elements of lists are named by
    their own key where they have one. ``line`` counts from 1 and is ``None`` without a file.
    """

    key: str
    message: Message
    line: int | None = None
    blocking: bool = True

    def __str__(self) -> str:
        where = [f"ligne {self.line}"] if self.line else []
        return f"{', '.join([*where, self.key])} : {self.message}" if where or self.key else str(self.message)


class ProgrammeFileError(InvalidInputError):
    """A programme file that cannot be used.

    Parameters
    ----------
    file : str
        Its name.
    complaints : iterable of Complaint
        Everything found, in the order of the file; at least one.
    """

    def __init__(self, file: str, complaints: Iterable[Complaint]) -> None:
        self.file = file
        self.complaints = sorted(complaints, key=lambda c: (c.line or 0, c.key))
        super().__init__("\n".join(f"{file}, {complaint}" for complaint in self.complaints))


class RefusedError(Exception):
    """A value was refused; the complaint is already in the book."""


@dataclass(slots=True)
class Book:
    """What was found while one file is read."""

    complaints: list[Complaint] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    values: int = 0

    def line_of(self, key: str) -> int:
        """Give the line of a key, or of the nearest key above it that the file has."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key, 1)


class Item:
    """One value of the file."""

    def __init__(self, node: yaml.Node, key: str, book: Book) -> None:
        self.node = node
        self.key = key
        self.book = book
        book.lines.setdefault(key, self.line)
        self._count()

    def _count(self) -> None:
        self.book.values += 1
        if self.book.values > MAX_VALUES:
            self.refuse(N_("le fichier contient trop de valeurs"))

    @property
    def line(self) -> int:
        """The line it starts on, counted from 1."""
        return int(self.node.start_mark.line) + 1

    def complain(self, message: Message) -> None:
        """Note that something is wrong with this value."""
        self.book.complaints.append(Complaint(self.key, message, self.line))

    def refuse(self, message: Message) -> NoReturn:
        """Note what is wrong and give the value up.

        Raises
        ------
        RefusedError
            Always.
        """
        self.complain(message)
        raise RefusedError

    def scalar(self) -> str:
        """The characters as written; numbers and times are not interpreted."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse(N_("une seule valeur est attendue ici, pas une liste ni un groupe de clés"))
        return str(self.node.value)

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single value."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_mapping(self) -> bool:
        """Whether it holds keys."""
        return isinstance(self.node, yaml.MappingNode)

    def elements(self) -> Iterator[Item]:
        """The elements of a list, each named by its own key if it has one."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse(N_("une liste est attendue ici"))
        for position, node in enumerate(self.node.value):
            yield Item(node, f"{self.key}.{_own_key(node) or position}".lstrip("."), self.book)

    def entries(self) -> dict[str, Item]:
        """The values of a group of keys; merged ones (``<<``) give way to its own."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(N_("un groupe de clés est attendu ici"))
        found: dict[str, Item] = {}
        own: set[str] = set()
        for name, node, merged in self._pairs(self.node, 0):
            path = f"{self.key}.{name}".lstrip(".")
            if merged:
                found[name] = Item(node, path, self.book)
                continue
            if name in own:
                line = int(node.start_mark.line) + 1
                self.book.complaints.append(Complaint(path, N_("cette clé est écrite deux fois"), line))
            own.add(name)
            self.book.lines.pop(path, None)
            found[name] = Item(node, path, self.book)
        return found

    def _pairs(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[str, yaml.Node, bool]]:
        if depth > MAX_MERGES_DEEP:
            self.refuse(N_("trop de groupes de clés sont repris les uns dans les autres"))
        for source in (value for key, value in node.value if _is_merge(key)):
            parts = source.value if isinstance(source, yaml.SequenceNode) else [source]
            for part in reversed(parts):
                if not isinstance(part, yaml.MappingNode):
                    self.refuse(N_("« << » ne reprend que des groupes de clés"))
                self._count()
                yield from ((name, value, True) for name, value, _ in self._pairs(part, depth + 1))
        for key, value in node.value:
            if not _is_merge(key):
                yield str(key.value), value, False


def _own_key(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "key" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return ""


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.tag == "tag:yaml.org,2002:merge"


def closest(word: str, choices: Iterable[str], *, cutoff: float = 0.7) -> str:
    """Give the choice that was probably meant, or an empty string."""
    return next(iter(difflib.get_close_matches(word, list(choices), n=1, cutoff=cutoff)), "")


def unknown(word: str, choices: Iterable[str], message: Message) -> Message:
    """Extend a complaint about an unknown word by the one that was probably meant."""
    guess = closest(word, choices)
    if not guess:
        return message
    return N_("%(complaint)s ; peut-être « %(guess)s » ?", complaint=message, guess=guess)


def compose(text: str, file: str) -> tuple[Item, Book]:
    """Parse a text into its top value.

    Raises
    ------
    ProgrammeFileError
        If it is not YAML, is empty, or is too large.
    """
    if len(text) > MAX_CHARACTERS:
        raise ProgrammeFileError(file, [Complaint("", N_("le fichier est trop grand"))])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or type(error).__name__
        message = N_("ce n'est pas du YAML correct (%(reason)s)", reason=reason)
        raise ProgrammeFileError(file, [Complaint("", message, mark.line + 1 if mark else None)]) from error
    if node is None:
        raise ProgrammeFileError(file, [Complaint("", N_("le fichier est vide"))])
    book = Book()
    return Item(node, "", book), book
