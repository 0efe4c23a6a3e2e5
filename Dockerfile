# The bot as an image. Build it in CI, pin the base image by its digest there, and tell `/health` which commit it is:
#   docker build --build-arg PYTHON=python@sha256:… --build-arg GIT_SHA="$(git rev-parse HEAD)" .
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /build
# tools that make the wheel stay out of the image
COPY requirements requirements
RUN python -m venv tools \
 && tools/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements/build.txt \
 && python -m venv /app \
 && /app/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY guards guards
COPY storage storage
COPY commands commands
COPY bot bot
RUN tools/bin/hatchling build -t wheel -d dist \
 && /app/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM ${PYTHON}
RUN useradd --system --uid 10001 --home-dir /var/lib/signalbox --create-home signalbox
COPY --from=build /app /app
# no secret is ever built in: they come from the environment or from files, see docs/settings.md
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SIGNALBOX_HOST=0.0.0.0 \
    SIGNALBOX_POLICY=/etc/signalbox/signalbox.yaml \
    SIGNALBOX_DATABASE_URL=sqlite:////var/lib/signalbox/signalbox.db
# by its number, so that an orchestrator can tell that it is not root
USER 10001
WORKDIR /var/lib/signalbox
VOLUME /var/lib/signalbox
# 3001 serves health details and metrics, and is not to be published
EXPOSE 3000 3001
STOPSIGNAL SIGTERM
# late, for it is another one each time: what stands above stays cached
ARG GIT_SHA=
ENV SIGNALBOX_GIT_SHA=${GIT_SHA}
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:3001/health/live', timeout=4)"]
ENTRYPOINT ["signalbox"]
CMD ["serve"]
