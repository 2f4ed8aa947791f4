# DEVICE=cuda grades on an NVIDIA GPU: docker run --gpus all.
# ARCHIVE=s3 brings what keeps films in an object store.
# BASE pins the base image by its digest, or takes it from a registry of your own.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build

ARG DEVICE=cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements requirements
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --require-hashes --requirement requirements/serve.txt
ARG ARCHIVE=folder
RUN if [ "$ARCHIVE" = s3 ]; then \
        .venv/bin/python -m pip install --require-hashes --requirement requirements/s3.txt; \
    fi
RUN if [ "$DEVICE" = cuda ]; then \
        .venv/bin/python -m pip uninstall --yes onnxruntime onnxruntime-gpu \
        && .venv/bin/python -m pip install --require-hashes --requirement requirements/cuda.txt; \
    fi
COPY . .
RUN .venv/bin/python -m pip install --no-deps --no-build-isolation --editable .


FROM ${BASE}

# What the NVIDIA container runtime mounts; without a GPU both do nothing.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility

# onnxruntime reports to its maker unless this stands before it is imported.
ENV ORT_DISABLE_TELEMETRY=1

# Inside a container the service can be reached from outside: it starts once there is an
# administrator (radiograde users add) and TLS. A port published on 127.0.0.1 is still open to a
# web page whose name is rebound to it: that name is turned away.
ENV RADIOGRADE_HOST=0.0.0.0 RADIOGRADE_PORT=8000 RADIOGRADE_ALLOWED_HOSTS=localhost \
    RADIOGRADE_DATA_DIR=/data PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1

RUN useradd --system --uid 10001 --no-create-home radiograde \
    && install --directory --mode=0700 --owner=radiograde /data
COPY --from=build /app /app
WORKDIR /app
USER 10001
VOLUME /data
# 11112: `radiograde listen`, in a container of its own that shares /data.
EXPOSE 8000 11112
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, ssl, urllib.request as r; s = 's' * ('RADIOGRADE_TLS_CERTIFICATE' in os.environ); r.urlopen(f'http{s}://127.0.0.1:8000/readyz', timeout=4, context=ssl._create_unverified_context() if s else None)"]
CMD ["radiograde", "serve"]
