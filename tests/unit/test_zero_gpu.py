"""ZeroGPU: what a Space there wants is done there and nowhere else."""

import os
import sys
from types import SimpleNamespace

import pytest

from ui.server.zero_gpu import register_zero_gpu


@pytest.fixture
def gpu_tasks(monkeypatch):
    """What a stand-in for the package `spaces` was asked to decorate."""
    tasks = []
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=tasks.append))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tasks


def test_on_zero_gpu_one_function_is_decorated_and_tensorflow_sees_no_gpu(gpu_tasks, monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")

    register_zero_gpu()

    assert [task() for task in gpu_tasks] == [None]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


def test_where_only_the_package_is_installed_a_gpu_stays_visible(gpu_tasks, monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)

    register_zero_gpu()

    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_outside_zero_gpu_nothing_happens(monkeypatch):
    monkeypatch.setitem(sys.modules, "spaces", None)  # its import fails
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    register_zero_gpu()

    assert "CUDA_VISIBLE_DEVICES" not in os.environ
