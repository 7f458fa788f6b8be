# Colourises photos on a CPU, without torch:
#   docker build -t colorunet .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/photos" colorunet album -o album-in-colour
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml LICENSE ./
COPY docs/about.md docs/about.md
COPY packages packages
RUN python -m venv /opt/colorunet && /opt/colorunet/bin/pip install --no-cache-dir .

FROM python:3.13-slim
COPY --from=build /opt/colorunet /opt/colorunet
RUN useradd --create-home --uid 1000 photos
USER photos
WORKDIR /photos
ENTRYPOINT ["/opt/colorunet/bin/colorunet"]
CMD ["--help"]
