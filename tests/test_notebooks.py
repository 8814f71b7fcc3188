"""Every notebook runs, at reduced size, and is committed with its pictures."""

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs_at_reduced_size(name, tmp_path, monkeypatch):
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    monkeypatch.setenv("REPRLEARN_NOTEBOOK_STEPS", "20")
    monkeypatch.setenv("REPRLEARN_NOTEBOOK_RUNS", str(tmp_path))
    NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": str(ROOT / "notebooks")}}
    ).execute()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_is_committed_executed_with_pictures(name):
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 4
