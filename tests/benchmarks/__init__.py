"""How fast flaskdoctor is, in ratios: run by hand with ``python -m tests.benchmarks``."""
