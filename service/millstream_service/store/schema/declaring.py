"""Tables declared as classes, a column an annotated name: as SQLAlchemy's ORM has it, but without the ORM.

Nothing here is ever loaded as an object. A class says what a table has, checked and documented in one place; the ORM
would do no more for it, and takes a fifth of what a short command needs to load and to configure.
"""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.schema import SchemaItem

T = TypeVar("T")


class Mapped(Generic[T]):
    """What a column holds: `Mapped[str | None]` is a text that may be NULL."""


class _Options:
    """What a column is made with besides its name and what it holds."""

    def __init__(self, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        self.arguments = arguments
        self.options = options


def mapped_column(*arguments: Any, **options: Any) -> Any:
    """Return what a column is made with: as `sqlalchemy.Column`, all of it optional."""
    return _Options(arguments, options)


class Declared:
    """A class with a `__tablename__` declares a table, `__table__`; classes above it may give columns to several.

    The class at the top has `metadata`, and in `type_annotation_map` the type of a column that names none.
    `__table_args__` are indexes and constraints.
    """

    metadata: ClassVar[MetaData]
    type_annotation_map: ClassVar[Mapping[Any, Any]]
    __tablename__: ClassVar[str]
    __table__: ClassVar[Table]
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = ()

    def __init_subclass__(cls) -> None:
        if "__tablename__" in vars(cls):
            cls.__table__ = Table(cls.__tablename__, cls.metadata, *_columns(cls), *cls.__table_args__)


def _columns(cls: type[Declared]) -> Iterator[Column[Any]]:
    for one in reversed(cls.__mro__):
        for name, kind in vars(one).get("__annotations__", {}).items():
            if get_origin(kind) is Mapped:
                yield _column(cls, name, get_args(kind)[0], vars(one).get(name, _Options((), {})))


def _column(cls: type[Declared], name: str, held: Any, given: _Options) -> Column[Any]:
    """Return a column. One without a type has that of what it holds, and is NULL only where that says None."""
    kinds = set(get_args(held)) if NoneType in get_args(held) else {held}
    arguments = given.arguments
    if arguments and isinstance(arguments[0], str):
        name, arguments = arguments[0], arguments[1:]
    if not arguments or isinstance(arguments[0], SchemaItem):
        (kind,) = kinds - {NoneType}
        arguments = (cls.type_annotation_map[kind], *arguments)
    options = {"nullable": NoneType in kinds, **given.options}
    return Column(name, *arguments, **options)
