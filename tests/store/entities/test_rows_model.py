"""Any creations, changes, moves and removals: every row knows all above it, and the changes name every row touched."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, select

from millstream_service.errors import AlreadyExistsError, NotFoundError
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, RESOURCES, SCHEMES
from millstream_service.store.database.database import Database
from millstream_service.store.entities import deletions, purge, removal, rows
from millstream_service.store.history.changes import Change, Operation
from millstream_service.store.schema.resources import Resource
from tests.databases import EACH_ENGINE, NewUrl
from tests.store.stored import MAKE
from tests.thorough import PHASES

keys = st.sampled_from(["a", "b", "c"])
resources = st.sampled_from(RESOURCES)
children = st.sampled_from([SCHEMES, BUILDS, CRASH_LOGS])
Place = tuple[Resource, str]


class RowsModel(RuleBasedStateMachine):
    """A tree of names beside the store, from which much is taken away a few rows at a time."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.patched = pytest.MonkeyPatch()
        self.database = Database(url).open()
        self.connection: Connection = self.database.connect_writer()
        self.parents: dict[Place, str] = {}

    @initialize(most=st.integers(1, 4))
    def take_little_at_a_time(self, most: int) -> None:
        self.patched.setattr(purge, "MAX_ROWS", most)

    def teardown(self) -> None:
        self._take_all()
        self.patched.undo()
        self.database.close()

    def _take_all(self) -> None:
        """Nothing that was deleted is left in the end, and nothing else goes with it."""
        for _ in range(1_000):
            if not self._take_some():
                break
        with self.connection.begin():
            assert not deletions.oldest(self.connection)
            for resource in RESOURCES:
                stored = set(self.connection.execute(select(resource.table.c[resource.key])).scalars())
                assert stored == {key for one, key in self.parents if one is resource}

    def _take_some(self) -> bool:
        with self.connection.begin():
            found = deletions.oldest(self.connection)
            for one in found[:1]:
                purge.go_on(self.connection, one.table_name, one.key)
        return bool(found)

    @rule()
    def take_some(self) -> None:
        """Take one step of what was deleted: nobody notices."""
        self._take_some()

    def _above(self, resource: Resource, key: str) -> tuple[str, ...]:
        if resource.parent is None:
            return ()
        parent = self.parents[resource, key]
        return (parent, *self._above(resource.parent, parent))

    def _is_below(self, place: Place, top: Place) -> bool:
        resource, _ = place
        if place == top or resource.parent is None:
            return place == top
        return self._is_below((resource.parent, self.parents[place]), top)

    def _subtree(self, top: Place) -> set[Place]:
        return {place for place in self.parents if self._is_below(place, top)}

    @rule(resource=resources, key=keys, parent=keys)
    def create(self, resource: Resource, key: str, parent: str) -> None:
        above = resource.parent
        row = MAKE[resource](key, *[parent] if above else [])
        if above and (above, parent) not in self.parents:
            self._refused(NotFoundError, rows.create, resource, row)
        elif (resource, key) in self.parents:
            self._refused(AlreadyExistsError, rows.create, resource, row)
        else:
            with self.connection.begin():
                removal.clear_way(self.connection, resource, key)
                _, changes = rows.create(self.connection, resource, row, past_dead=True)
            self.parents[resource, key] = parent if above else ""
            assert changes == [Change(resource.table.name, key, Operation.CREATE, self._above(resource, key))]

    @rule(resource=children, key=keys, parent=keys)
    def move(self, resource: Resource, key: str, parent: str) -> None:
        place, above = (resource, key), resource.parent
        assert above is not None
        values = {resource.ancestors[0]: parent}
        if place not in self.parents or (above, parent) not in self.parents:
            self._refused(NotFoundError, rows.change, resource, key, values, lambda _: None)
            return
        old = {one: self._above(*one) for one in self._subtree(place)}
        stays = self.parents[place] == parent
        with self.connection.begin():
            _, changes = rows.change(self.connection, resource, key, values, lambda _: None)
        self.parents[place] = parent
        if stays:
            assert changes == []
        else:
            self._names(changes, Operation.UPDATE, {one: {*ids, *self._above(*one)} for one, ids in old.items()})

    @rule(resource=resources, key=keys)
    def remove(self, resource: Resource, key: str) -> None:
        if (resource, key) not in self.parents:
            self._refused(NotFoundError, removal.remove, resource, key)
            return
        gone = {place: set(self._above(*place)) for place in self._subtree((resource, key))}
        with self.connection.begin():
            left, changes = removal.remove(self.connection, resource, key)
        for place in gone:
            del self.parents[place]
        tables = {change.table: set(change.ancestors) for change in changes if not change.key}
        assert left or not tables
        assert all(tables[one.table.name] <= ids for (one, _), ids in gone.items() if one.table.name in tables)
        named = {place: ids for place, ids in gone.items() if place[0].table.name not in tables}
        self._names([change for change in changes if change.key], Operation.DELETE, named)

    def _names(self, changes: list[Change], operation: Operation, touched: dict[Place, set[str]]) -> None:
        reported = {(change.table, change.key): set(change.ancestors) for change in changes}
        assert reported == {(resource.table.name, key): ids for (resource, key), ids in touched.items()}
        assert len(reported) == len(changes), "each row is named once"
        assert all(change.operation is operation and change.relisted for change in changes)

    def _refused(self, error: type[Exception], function: Any, *arguments: Any) -> None:
        transaction = self.connection.begin()
        try:
            function(self.connection, *arguments)
        except error:
            return
        finally:
            transaction.rollback()
        raise AssertionError(f"{function.__name__} {arguments} was not refused")

    @invariant()
    def every_row_knows_all_above_it(self) -> None:
        with self.connection.begin():
            stored = {
                (resource, row[resource.key]): rows.ancestors_of(resource, row)
                for resource in RESOURCES
                for row in rows.listing(self.connection, resource, [{}])
            }
        assert stored == {place: self._above(*place) for place in self.parents}


@pytest.mark.parametrize("database_kind", EACH_ENGINE, indirect=True)
def test_rows_are_as_the_model_says(new_url: NewUrl) -> None:
    make: Any = lambda: RowsModel(new_url())  # noqa: E731 - declared as a class, used as a maker
    run_state_machine_as_test(make, settings=settings(max_examples=20, stateful_step_count=40, phases=PHASES))
