#!/usr/bin/env bash
# fairseq-fixed asks for torchaudio, which nothing here needs: it is installed without its dependencies.
set -euo pipefail
python -m pip install --no-deps --no-build-isolation fairseq-fixed==0.12.3.1
