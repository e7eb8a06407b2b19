FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/base.txt requirements/build.txt requirements/
# Wheels only: the image is the same on amd64 and arm64, and neither needs a compiler.
RUN python -m venv --without-pip /opt/discarr \
    && pip --python /opt/discarr/bin/python install --require-hashes --only-binary :all: -r requirements/base.txt \
    && pip install --require-hashes --only-binary :all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && pip --python /opt/discarr/bin/python install --no-deps --no-index wheels/*.whl \
    && /opt/discarr/bin/python -OO -m compileall -q /opt/discarr

FROM python:3.13-slim
# Without docstrings Discarr needs 3 MB less. The base image has no compiled standard library, and to compile
# it at every start would take seconds and memory that is not given back.
ENV PATH=/opt/discarr/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONOPTIMIZE=2
RUN python -m compileall -q -x '/(test|tests|idlelib|tkinter|turtledemo|ensurepip)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
ENV DISCARR_DATA_DIR=/data DISCARR_EXIT_DELAY=60
COPY --from=build /opt/discarr /opt/discarr
# A new named volume takes over this mode, so that whatever uid compose chooses can write there.
RUN mkdir /data && chmod 1777 /data
VOLUME /data
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 CMD ["discarr", "healthcheck"]
ENTRYPOINT ["discarr"]
CMD ["run"]
