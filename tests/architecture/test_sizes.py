"""How much a reader has to take in at a time."""

import ast
import statistics
from collections.abc import Iterator

from tests.architecture.modules import Module, modules

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def rpcs() -> Iterator[Function]:
    """Yield the methods that carry the names of RPCs."""
    handlers = (module for module in modules("service") if ".handlers." in module.name)
    return (node for module in handlers for node in functions(module) if node.name[0].isupper())


def lines(node: Function) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def test_most_modules_are_short() -> None:
    assert statistics.median(module.text.count("\n") for module in modules("service")) < 150


def test_most_functions_are_short() -> None:
    assert statistics.median(lines(node) for module in modules("service") for node in functions(module)) <= 10


def test_an_rpc_reads_a_request_makes_a_call_and_converts_the_answer() -> None:
    assert {node.name for node in rpcs() if lines(node) > 22} == set()


def test_an_rpc_leaves_errors_to_the_interceptor() -> None:
    assert {node.name for node in rpcs() for inner in ast.walk(node) if isinstance(inner, ast.ExceptHandler)} == set()
