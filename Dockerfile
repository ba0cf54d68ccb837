# One image for web, worker, beat, relay, bridge and the one-off commands.

FROM python:3.13.7-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /build/requirements.txt
RUN /venv/bin/pip install -r /build/requirements.txt
COPY . /app
WORKDIR /app
RUN /venv/bin/python manage.py collectstatic --noinput --settings petwash.settings.build

FROM python:3.13.7-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=petwash.settings.prod \
    PETWASH_HOME=/var/lib/petwash
RUN groupadd --gid 10001 petwash \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin petwash \
    && install -d -o 10001 -g 10001 /var/lib/petwash /var/lib/petwash-mqtt /var/lib/petwash-broker
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "deploy/healthcheck.py", "http://127.0.0.1:8000/health/ready"]
CMD ["uvicorn", "petwash.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", "20"]
