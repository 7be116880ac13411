# A served model: Python, our lock and our code, and nothing that a learner wrote. Built with the project's root as context:
#
#   docker build --file 05_src/docker/serve.Dockerfile --tag mlsd-serve .
ARG PYTHON=3.11
FROM python:${PYTHON}-slim

RUN useradd --uid 1000 --create-home mlsd \
    && mkdir -p /mlsd/05_src/data \
    && chown -R mlsd /mlsd \
    && pip install --no-cache-dir uv

COPY 05_src/requirements.txt /mlsd/05_src/requirements.txt
RUN uv pip install --system --no-cache --require-hashes -r /mlsd/05_src/requirements.txt

COPY pyproject.toml README.md LICENSE /mlsd/
COPY 05_src/mlsd /mlsd/05_src/mlsd
RUN uv pip install --system --no-cache --no-deps --editable /mlsd
USER mlsd
WORKDIR /mlsd
ENV MLSD_SERVE_MODEL=late-flights@champion MLSD_SERVE_WORKERS=2 OMP_NUM_THREADS=1
EXPOSE 8000

# The container's only door is the port that compose publishes to this machine, so inside it every address may connect.
# exec: the server itself gets the signal that ends the container, and answers what is in flight.
CMD ["sh", "-c", "exec python -c 'import os; from mlsd import serve; serve.run(os.environ[\"MLSD_SERVE_MODEL\"], port=8000, workers=int(os.environ[\"MLSD_SERVE_WORKERS\"]), host=\"0.0.0.0\")'"]

HEALTHCHECK --interval=5s --timeout=5s --start-period=120s --retries=12 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
