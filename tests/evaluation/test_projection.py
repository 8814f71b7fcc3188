"""Principal components are those of NumPy's decomposition, whatever the shape of the rows."""

import numpy as np
import pytest

from reprlearn.evaluation import (
    principal_angles,
    principal_components,
    projection,
    rotated_onto,
)


@pytest.mark.parametrize(
    ("examples", "columns", "narrow", "solver"),
    [
        (200, 30, 2_048, "covariance_eigh"),
        (30, 200, 2_048, "full"),  # an eigendecomposition of the columns would cost 200^3
        (30, 30, 2_048, "covariance_eigh"),
        (200, 120, 100, "arpack"),
        (120, 200, 100, "arpack"),
        (80, 200, 100, "full"),
    ],
)
def test_they_are_the_directions_of_most_variance(examples, columns, narrow, solver, monkeypatch):
    monkeypatch.setattr(projection, "NARROW", narrow)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(examples, columns)) * np.linspace(3, 0.1, columns) + 5
    pca = principal_components(rows, 4)
    assert pca.solver == solver
    centred = rows - rows.mean(axis=0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(pca.singular_values, values[:4], rtol=1e-8)
    along = np.abs((pca.components * directions[:4]).sum(axis=1))
    np.testing.assert_allclose(along, np.ones(4), rtol=1e-8)
    np.testing.assert_allclose(np.abs(pca(rows)), np.abs(centred @ directions[:4].T), atol=1e-6)


def test_as_many_components_as_rows_where_both_sides_are_long(monkeypatch):
    monkeypatch.setattr(projection, "NARROW", 5)
    rows = np.random.default_rng(0).normal(size=(8, 12))
    pca = principal_components(rows, 8)  # Lanczos steps give fewer
    assert pca.solver == "full"
    np.testing.assert_allclose(pca(rows) @ pca.components + pca.mean, rows, atol=1e-10)


@pytest.mark.parametrize(
    ("offset", "dtype", "tolerance"), [(1e9, "f8", 1e-5), (1e6, "f8", 1e-8), (100.0, "f4", 1e-3)]
)
def test_they_do_not_depend_on_the_origin(offset, dtype, tolerance):
    rows = np.random.default_rng(0).normal(size=(2_000, 5)) * (10, 5, 1, 0.5, 0.1)
    moved = (rows + offset).astype(dtype)
    found, expected = principal_components(moved, 4), principal_components(rows, 4)
    np.testing.assert_allclose(found.singular_values, expected.singular_values, rtol=tolerance)
    along = np.abs((found.components * expected.components).sum(axis=1))
    np.testing.assert_allclose(along, np.ones(4), atol=tolerance)
    np.testing.assert_allclose(np.abs(found(moved)), np.abs(expected(rows)), atol=100 * tolerance)


def turned(degrees):
    """The first axis of three dimensions, turned towards the last one."""
    return np.array([np.cos(np.radians(degrees)), 0.0, np.sin(np.radians(degrees))])


@pytest.mark.parametrize("degrees", [1e-7, 0.3, 90.0])
def test_angles_between_planes(degrees):
    second = np.array([0.0, 1.0, 0.0])
    plane = np.stack([3 * turned(degrees) + second, second])  # neither orthogonal nor of length 1
    other = np.stack([turned(0), turned(0) + 2 * second])
    found = principal_angles(plane, other)
    np.testing.assert_allclose(found, [degrees, 0], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(principal_angles(plane, second[None]), [0], atol=1e-9)


def test_a_basis_is_turned_onto_another():
    rng = np.random.default_rng(0)
    components = np.linalg.qr(rng.normal(size=(7, 3)))[0].T
    mixed = rng.normal(size=(3, 3)) @ components
    np.testing.assert_allclose(rotated_onto(mixed, components), components, atol=1e-12)
    away = rotated_onto(rng.normal(size=(3, 7)), components)
    np.testing.assert_allclose(away @ away.T, np.eye(3), atol=1e-12)
