# The exact environment of requirements.txt: docker build -t hat . && docker run -v $PWD/results:/hat/results hat make demo
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends g++ git make && rm -rf /var/lib/apt/lists/*
WORKDIR /hat
COPY requirements.txt Makefile ./
RUN make environment
COPY . .
ENV PATH="/hat/.venv/bin:$PATH"
CMD ["snakemake", "--cores", "all"]
