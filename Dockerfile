# docker build -t awsops . && docker run --rm -it -v ~/.aws:/srv/awsops/.aws:ro awsops creds whoami
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels --constraint constraints.txt '.[sandbox]'

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-index --find-links /wheels 'awsops[sandbox]' \
    && useradd --create-home --home-dir /srv/awsops awsops
USER awsops
WORKDIR /srv/awsops
ENTRYPOINT ["awsops"]
