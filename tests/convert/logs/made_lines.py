"""Entries of any kind, and the lines and chunks that they make."""

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st

from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream_service.convert.logs.logs import check_entries
from millstream_service.store.logs.logs import Chunk
from tests.entities import DEBUG, ERROR, INFO, WARNING

TIMES = st.builds(Timestamp, seconds=st.integers(-(10**9), 9_214_646_399), nanos=st.integers(0, 999_999_999))
CATEGORIES = st.sampled_from(["", "compile", "link", "*", "ü"])
texts = st.text(st.characters(exclude_categories=["Cs"]))
levels = st.sampled_from([DEBUG, INFO, WARNING, ERROR])


@st.composite
def entries(draw: st.DrawFn) -> BuildLogEntry:
    made = BuildLogEntry(content=draw(texts), level=draw(levels), created_at=draw(TIMES))
    category = draw(st.none() | CATEGORIES.filter(bool))
    if category is not None:
        made.category = category
    return made


def line_of(made: BuildLogEntry, build_id: str, seq: int) -> BuildLog:
    """Return the line that an entry makes, in the plainest way."""
    line = BuildLog(id=f"{build_id}/{seq}", build_id=build_id, seq=seq, level=made.level, content=made.content)
    line.created_at.CopyFrom(made.created_at)
    if made.HasField("category"):
        line.category = made.category
    return line


def chunk_of(*made: BuildLogEntry, first_seq: int = 1) -> Chunk:
    [chunk] = check_entries(made).encoder("build")(first_seq, 0)
    return chunk
