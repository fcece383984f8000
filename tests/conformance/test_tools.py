"""Tools and clients that others wrote, on the native transport: a tool that is not here is skipped."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from tests import go_tools
from tests.deadline import patience

SERVICE = "millstream.builds.v1.BackendService"
CREATE = '{"project": {"bundleIdentifier": "p", "name": "Ü"}}'
GET = '{"id": "p"}'
PACKAGES = {
    "grpcurl": "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3",
    "ghz": "github.com/bojand/ghz/cmd/ghz@v0.121.0",
    "grpc-health-probe": "github.com/grpc-ecosystem/grpc-health-probe@v0.4.42",
}
CONNECT_ES = ("@bufbuild/protobuf@2.17.0", "@connectrpc/connect@2.1.2", "@connectrpc/connect-node@2.1.2")
PROTOS = go_tools.ROOT / "protos"
BACKEND = "millstream/builds/v1/backend_service.proto"


@pytest.fixture
def service() -> Iterator[EmbeddedService]:
    pytest.importorskip("h2corn")
    with EmbeddedService(Config(listen="127.0.0.1:0", database="sqlite:///:memory:", transport="native")) as service:
        yield service


def _tool(name: str, request: pytest.FixtureRequest) -> str:
    if not request.config.getoption("in_full") and not go_tools.installed(name):
        pytest.skip(f"{name} is not here: `make test-all` installs it")
    try:
        return str(go_tools.program(name, PACKAGES[name]))
    except go_tools.NoToolError as error:
        pytest.skip(str(error))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=patience(30))
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_grpcurl(service: EmbeddedService, request: pytest.FixtureRequest) -> None:
    program = _tool("grpcurl", request)
    assert SERVICE in _run(program, "-plaintext", service.address, "list")
    _run(program, "-plaintext", "-d", CREATE, service.address, f"{SERVICE}/CreateProject")
    got = json.loads(_run(program, "-plaintext", "-d", GET, service.address, f"{SERVICE}/GetProject"))
    assert got["project"]["name"] == "Ü"


def test_ghz(service: EmbeddedService, request: pytest.FixtureRequest) -> None:
    program = _tool("ghz", request)
    options = ("--insecure", "--call", f"{SERVICE}.ListProjects", "-n", "200", "-c", "20", "--format", "json")
    assert json.loads(_run(program, *options, service.address))["statusCodeDistribution"] == {"OK": 200}


def test_grpc_health_probe(service: EmbeddedService, request: pytest.FixtureRequest) -> None:
    _run(_tool("grpc-health-probe", request), f"-addr={service.address}")


@pytest.mark.parametrize(
    ("protocol", "schema"),
    [("grpc", "protos"), ("grpcweb", "protos"), ("connect", "protos"), ("grpc", None)],
    ids=["grpc", "grpcweb", "connect", "reflection"],
)
def test_buf_curl(service: EmbeddedService, protocol: str, schema: str | None) -> None:
    program = shutil.which("buf", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("buf is not here")
    options = ["curl", "--protocol", protocol, *(["--schema", str(go_tools.ROOT / schema)] if schema else [])]
    url = f"http://{service.address}/{SERVICE}"
    _run(program, *options, "--http2-prior-knowledge", "-d", CREATE, f"{url}/CreateProject")
    got = json.loads(_run(program, *options, "--http2-prior-knowledge", "-d", GET, f"{url}/GetProject"))
    assert got["project"]["name"] == "Ü"
    if schema and protocol != "grpc":
        assert json.loads(_run(program, *options, "-d", GET, f"{url}/GetProject")) == got


def test_curl(service: EmbeddedService) -> None:
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is not here")
    options = ("-sS", "--fail-with-body", "-H", "content-type: application/json")
    url = f"http://{service.address}/{SERVICE}"
    _run(program, *options, "-d", CREATE, f"{url}/CreateProject")
    for version in ("--http1.1", "--http2-prior-knowledge"):
        got = json.loads(_run(program, *options, version, "-d", GET, f"{url}/GetProject"))
        assert got["project"]["name"] == "Ü"


def test_connect_es(service: EmbeddedService, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The client of browsers, in its form for Node, in each protocol: an answer, an error, a stream's deadline."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node is not here")
    folder = go_tools.CACHE.parent / "connect-es"
    if not (folder / "node_modules").is_dir():
        if not request.config.getoption("in_full"):
            pytest.skip("connect-es is not here: `make test-all` installs it")
        _install(npm, folder)
    described = tmp_path / "protos.binpb"
    _run(sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", "--include_imports", f"-o{described}", BACKEND)
    program = str(Path(__file__).with_name("connect_es.mjs"))
    done = subprocess.run(
        [node, program, service.address, str(described)], cwd=folder, capture_output=True, timeout=patience(60)
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert len(found) == 6
    for name, (got, *errors) in found.items():
        assert got == "Ü", name
        assert errors == ["NotFound 2", "DeadlineExceeded 0"], name


def _install(npm: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    options = ("install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder))
    try:
        subprocess.run([npm, *options, *CONNECT_ES], check=True, capture_output=True, timeout=300)
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(folder)
        pytest.skip("connect-es can't be had here")
