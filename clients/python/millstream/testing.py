"""A pytest plugin: a real service for each test that asks for one.

Fixtures: `millstream_service`, `millstream_client`, `millstream_async_client`. The plugin comes with the package and
costs nothing until a fixture is used; a test that uses one is skipped where `millstream[server]` is not installed.
"""
