"""The suite itself: what it costs depends on it."""

import os

import pytest


@pytest.mark.xdist_group("suite")
def test_a_group_goes_to_one_worker(request):
    """Of tests that share a training, each worker would else train it again."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@suite")
