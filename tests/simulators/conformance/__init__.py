"""Tests of the conformance checker, and the faults that each of its checks must find."""
