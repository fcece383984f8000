"""What a commit did, on the wire: its operations, and about how large its message is."""

import pytest

from millstream.common.v1.change_pb2 import Operation as OperationMessage
from millstream_service.convert.positions import commit_to_message
from millstream_service.store.history.changes import Change, Commit, Operation, _size


def test_the_operations_are_those_of_the_protos() -> None:
    ours = {f"OPERATION_{one.name}": one.value for one in Operation}
    assert {"OPERATION_UNSPECIFIED": 0} | ours == dict(OperationMessage.items())


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255])
@pytest.mark.parametrize("ancestors", range(5))
@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_change_is_counted_as_its_bytes_on_the_wire_and_a_few_more(letter: str, ancestors: int, length: int) -> None:
    text = letter * length
    change = Change(text, text, Operation.UPDATE, (text,) * ancestors)
    one, two = (commit_to_message(Commit(1, 0, [change] * count), frozenset({text})) for count in (1, 2))
    assert one is not None
    assert two is not None
    on_the_wire = two.ByteSize() - one.ByteSize()
    assert on_the_wire <= _size(change) <= on_the_wire + 2 * (ancestors + 5)
