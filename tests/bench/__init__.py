"""Tests of the benchmark runner; the benchmarks themselves are run by `make bench`."""
