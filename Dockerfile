# One image for web, worker, clock and migrations; the command decides. docker-compose.yml starts all of them, docs/deployment.md says how.

FROM node:22-slim AS page
WORKDIR /frontend
COPY frontend/.npmrc frontend/package.json frontend/package-lock.json ./
RUN ["npm", "ci", "--no-audit", "--no-fund"]
COPY frontend ./
RUN ["npm", "run", "build", "--", "--outDir", "/static"]

FROM python:3.13-slim AS build
RUN ["python", "-m", "venv", "/opt/aizen"]
COPY requirements.txt ./
# Every requirement has a wheel: nothing is compiled, and what is not what was locked is not installed.
RUN ["/opt/aizen/bin/python", "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", \
     "--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"]

FROM python:3.13-slim
# The number is fixed, so that whoever mounts a folder at /data can give it to this user. Everything else belongs to root, whom no process is.
RUN ["groupadd", "--gid", "10001", "aizen"]
RUN ["useradd", "--uid", "10001", "--gid", "10001", "--home-dir", "/data", "--no-create-home", \
     "--shell", "/usr/sbin/nologin", "aizen"]
RUN ["install", "--directory", "--owner", "10001", "--group", "10001", "--mode", "0700", "/data"]

WORKDIR /app
COPY --from=build /opt/aizen /opt/aizen
COPY gunicorn.conf.py rq_worker.py wsgi.py ./
COPY migrations ./migrations
COPY aizen ./aizen
COPY --from=page /static ./aizen/static
# The root file system may be read-only, so what Python would cache at the first start is made now.
RUN ["/opt/aizen/bin/python", "-m", "compileall", "-q", "."]

# Nothing here is a secret, and none may be added: secrets come with the environment. /tmp is written to, and DATA_DIR with STORAGE=local.
ENV PATH=/opt/aizen/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin \
    PYTHONUNBUFFERED=1 \
    AIZEN_ENV=production \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000

USER 10001:10001
EXPOSE 8000
# Each part finishes what it has at hand, which takes up to 30 s for web and 75 s for worker: let the stop time-out be no shorter.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --start-interval=2s --retries=3 CMD ["python", "-m", "aizen.alive", "web"]
# As the Procfile has it. worker: python rq_worker.py · clock: flask clock · release: flask db upgrade
CMD ["gunicorn", "wsgi:app"]
