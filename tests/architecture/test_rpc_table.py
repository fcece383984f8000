"""Every RPC has its row in the table of RPCs, and every row its RPC and a resource that there is."""

from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from millstream_service.security.caller import Scope
from millstream_service.security.rpc_table import Rpc, RpcTable
from millstream_service.server import RPCS, SERVICES
from millstream_service.store import registry

_METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]
_READS = ("Get", "List", "Search", "Stream", "Tail", "Watch")


def test_every_rpc_has_its_row_and_every_row_its_rpc() -> None:
    assert set(RPCS.rows) == {method.full_name for method in _METHODS}


def test_a_row_names_the_domain_of_its_rpc_and_a_resource_of_it() -> None:
    for name, row in RPCS.rows.items():
        assert name.split(".")[1] == row.domain, name
        assert row.resource in {*registry.names(), "changes", "queries"}, name


def test_what_writes_takes_a_scope_to_write_and_is_audited() -> None:
    for method in _METHODS:
        row = RPCS.rows[method.full_name]
        assert row.writes != method.name.startswith(_READS), method.full_name
        assert row.audited >= row.writes, method.full_name
        if row.scope is not None:
            assert row.scope == f"{row.domain}:{'write' if row.writes else 'read'}", method.full_name


def test_what_gives_out_a_secret_is_audited() -> None:
    audited_reads = {name.rpartition(".")[2] for name, row in RPCS.rows.items() if row.audited and not row.writes}
    assert audited_reads == {"GetConfig"}


def test_what_is_without_effect_says_so_and_may_be_had_by_get() -> None:
    for method in _METHODS:
        row = RPCS.rows[method.full_name]
        streams = method.client_streaming or method.server_streaming
        without_effect = not (row.writes or row.audited or streams)
        options: Any = method.GetOptions()
        said = options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        assert said == without_effect, method.full_name


def test_every_table_may_be_read_by_some_scope() -> None:
    assert {row.resource for row in RPCS.rows.values() if row.scope and not row.writes} == set(registry.names())


def test_an_rpc_without_a_row_is_found_when_a_service_starts() -> None:
    table = RpcTable({"a.v1.A": {"GetOne": Rpc("a", Scope.BUILDS_READ, "ones")}})
    table.check(["a.v1.A.GetOne"])
    with pytest.raises(LookupError, match=r"a\.v1\.A\.GetAnother"):
        table.check(["a.v1.A.GetOne", "a.v1.A.GetAnother"])
