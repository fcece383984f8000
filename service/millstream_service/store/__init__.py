"""The store: SQL, and nothing but. No protobuf, no gRPC.

A value goes in through one road (`writer`, one thread, group commit), and comes out through the readers of
`database`. `models` says what there is, `resources` what the entities have in common, `rows` serves them all.
"""
