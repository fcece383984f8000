"""Generators of load. Each is a coroutine that prepares itself, awaits `start`, and returns what it found.

They handle bytes that were serialized before they start: on two cores, a client that makes or reads messages would be
the bottleneck, and hide what the service costs.
"""
