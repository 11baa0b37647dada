# docker build -t awsops .
# docker run --rm -it -v ~/.aws:/srv/awsops/.aws:ro -v awsops:/srv/awsops/.local/state awsops creds whoami
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY . .
# Nothing is newer than what the tests ran with, the build's own setuptools included.
RUN python -m pip install --no-cache-dir --root-user-action ignore \
        --constraint constraints.txt setuptools \
    && python -m pip wheel --no-cache-dir --no-build-isolation --wheel-dir /wheels \
        --constraint constraints.txt '.[sandbox]'

FROM ${PYTHON_IMAGE}
# A number, so that Kubernetes can see that it is not root; any other will do too, with
# `--user "$(id -u)"` where ~/.aws belongs to one. A volume on .local/state keeps the journal.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-index --find-links /wheels \
        --root-user-action ignore 'awsops[sandbox]' \
    && groupadd --gid 1000 awsops \
    && useradd --uid 1000 --gid 1000 --home-dir /srv/awsops --no-create-home --shell /bin/sh awsops \
    && install -d -m 1777 /srv/awsops /srv/awsops/.local /srv/awsops/.local/state
USER 1000:1000
ENV HOME=/srv/awsops
WORKDIR /srv/awsops
ENTRYPOINT ["awsops"]
