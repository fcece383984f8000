"""`python -m tests.fuzz --minutes 10`: fuzzes a service of its own on SQLite (or `--db`) and says what it found."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.faults.service_process import ServiceProcess
from tests.fuzz.trial import Outcome, fuzzed


def main() -> int:
    """Fuzz; return 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="as an earlier run has printed it")
    parser.add_argument("--db", help="URL of a new database (else an SQLite file that is removed)")
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        service = ServiceProcess(Path(folder), database=options.db)
        service.start()
        try:
            outcome = asyncio.run(fuzzed(service, options.minutes * 60, options.seed))
        finally:
            service.close()
    sys.stdout.write(_report(outcome))
    return 1 if outcome.faults else 0


def _report(outcome: Outcome) -> str:
    answers = ", ".join(f"{count:,} {code}" for code, count in outcome.answers.most_common())
    before, after = (size >> 20 for size in outcome.memory)
    faults = "\n".join(outcome.faults) or "nothing is wrong"
    return f"{outcome.answers.total():,} calls: {answers}\nmemory {before} MB before, {after} MB after\n{faults}\n"


if __name__ == "__main__":
    sys.exit(main())
