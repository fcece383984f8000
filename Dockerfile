# syntax=docker/dockerfile:1
# The service and its command line. It listens on a unix socket: see docs/postgresql.md for why, and for what is in front.

# With a C compiler, which the second stage has no use for.
FROM python:3.11-bookworm AS build
WORKDIR /source
RUN python -m venv --without-pip /opt/millstream
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY clients/python clients/python
COPY service service
COPY migrations migrations
# hadolint ignore=DL3013 # what is installed is ours, and bounds its dependencies
RUN pip --python /opt/millstream/bin/python install --no-cache-dir '.[server,postgres]'

FROM python:3.11-slim-bookworm
# Folders that volumes are mounted on: a new volume takes its owner from them.
RUN install --directory --owner=65532 --group=65532 --mode=0700 /run/millstream /var/lib/millstream
COPY --from=build /opt/millstream /opt/millstream
ENV PATH=/opt/millstream/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MILLSTREAM_LISTEN=unix:/run/millstream/service.sock \
    MILLSTREAM_DB=sqlite:////var/lib/millstream/millstream.sqlite3
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "millstream_service.probe"]
ENTRYPOINT ["millstream"]
CMD ["serve"]
