"""`python -m benchmarks.fanout.publisher`: the process that publishes."""

from __future__ import annotations

import importlib

import django

if __name__ == "__main__":
    django.setup()
    importlib.import_module("benchmarks.fanout.publishing").main()
