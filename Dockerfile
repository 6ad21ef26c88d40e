# The app with its weights inside: docker build -t digits . && docker run -p 7860:7860 digits
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_ANALYTICS_ENABLED=False \
    DIGIT_MODEL_SOURCE=bundled

RUN useradd --create-home --uid 1000 reader
WORKDIR /home/reader/app

COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt

COPY --chown=reader app.py README.md LICENSE ./
COPY --chown=reader digit_core ./digit_core
COPY --chown=reader ui ./ui
COPY --chown=reader models ./models

USER reader
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"GRADIO_SERVER_PORT\"]}/health', timeout=4)"]
CMD ["python", "app.py"]
