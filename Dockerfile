# The exporter's image: `make image`, or `docker build -t driftgauge .`; with the extras that read Parquet and data frames, for
# `driftgauge profile build` in a cluster, and with river, for `level_changes`: `--target full`.
#
# Any Debian or similar with Python 3.11 or newer and its venv module will do as a base.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# /opt/tools builds; /opt/driftgauge is what goes into the image, and has no pip. Every package is checked against its locked hash.
RUN python3 -m venv /opt/tools && python3 -m venv --without-pip /opt/driftgauge
COPY deploy/image /src/deploy/image
# Where the context has a folder of wheels (build/wheelhouse, which `make image` fills), nothing is asked of the network. Only the wheels come
# from this mount: some builders do not notice when what is mounted has changed, but the locks say which wheels are taken.
RUN --mount=type=bind,target=/context \
    if [ -d /context/build/wheelhouse ]; then export PIP_NO_INDEX=1 PIP_FIND_LINKS=/context/build/wheelhouse; fi \
    && install="install --require-hashes --only-binary :all:" \
    && /opt/tools/bin/pip $install -r /src/deploy/image/build.txt \
    && /opt/tools/bin/pip --python /opt/driftgauge/bin/python $install -r /src/deploy/image/exporter.txt \
    # Tests, headers and static libraries of packages are of no use here.
    && find /opt/driftgauge/lib -type d \( -name tests -o -name include \) -prune -exec rm -rf {} + \
    && find /opt/driftgauge/lib -name '*.a' -delete
COPY pyproject.toml README.md LICENSE /src/
COPY exporter /src/exporter
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /opt/wheel /src \
    && /opt/tools/bin/pip --python /opt/driftgauge/bin/python install --no-deps --no-index /opt/wheel/*.whl

FROM build AS build-full
RUN --mount=type=bind,target=/context \
    if [ -d /context/build/wheelhouse ]; then export PIP_NO_INDEX=1 PIP_FIND_LINKS=/context/build/wheelhouse; fi \
    && /opt/tools/bin/pip --python /opt/driftgauge/bin/python install --require-hashes --only-binary :all: -r /src/deploy/image/full.txt \
    && find /opt/driftgauge/lib -type d \( -name tests -o -name include \) -prune -exec rm -rf {} + \
    && find /opt/driftgauge/lib -name '*.a' -delete

FROM ${BASE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="driftgauge" \
      org.opencontainers.image.description="Prometheus exporter for machine-learning models in production: drift with its evidence, latency, quality" \
      org.opencontainers.image.source="https://github.com/driftgauge/driftgauge" \
      org.opencontainers.image.documentation="https://github.com/driftgauge/driftgauge/blob/main/docs/kubernetes.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# Where the socket and the state go; under a read-only root, mount something there.
RUN install -d -o 65532 -g 65532 /run/driftgauge /var/lib/driftgauge
ENV PATH=/opt/driftgauge/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1
USER 65532:65532
EXPOSE 9870/tcp
STOPSIGNAL SIGTERM
# Asks over the socket, so it needs no curl, no token and no certificate. Kubernetes ignores it and has probes of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["driftgauge", "healthcheck"]
ENTRYPOINT ["driftgauge"]
CMD ["serve"]

FROM runtime AS full
COPY --from=build-full /opt/driftgauge /opt/driftgauge

# The last one is what is built unless a target is named.
FROM runtime AS exporter
COPY --from=build /opt/driftgauge /opt/driftgauge
