"""`millstream run`: runs a command as if it were not there, and records what it does.

Two processes share the work, so that the command never waits for the service:

- the *pass-through* (`session`) starts the command, hands its output on, and appends it to a journal on disk. It
  imports neither grpc nor protobuf, and never waits for anything but the command and our own output;
- the *recorder* (`python -m millstream.run SPOOL`) follows the journal, makes log entries of it and sends them. Where
  no service runs it has one of its own. It tells the pass-through when someone cancels the build.

The journal stays on disk, in the build's spool folder, until the service has acknowledged all of it: a recorder that
comes too late, that is killed or that finds no service leaves it to the next run.
"""
