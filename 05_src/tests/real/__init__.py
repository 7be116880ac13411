"""Servers that tests start for real, and the tests of these servers."""
