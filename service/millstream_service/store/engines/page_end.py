"""Where a page of rows ends that may be large."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select


def page_end(key: ColumnElement[Any], size: ColumnElement[int], where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Return the greatest key of the first rows, by key, that are `max_rows` and about `max_bytes` at the most.

    The last one may be beyond that, so that there is always one. Both limits are parameters of the statement.
    """
    before = func.sum(size).over(order_by=key) - size
    places = select(key.label("key"), before.label("before")).where(where).order_by(key)
    page = places.limit(bindparam("max_rows")).subquery("page")
    return select(func.max(page.c.key)).where(page.c.before < bindparam("max_bytes")).scalar_subquery()
