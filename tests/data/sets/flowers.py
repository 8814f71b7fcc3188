"""A table of flowers, and what a table is as a data set."""

from reprlearn.data.options import Options
from reprlearn.data.sets import table

FLOWERS = """width,colour,species,height
1.5,red,virginica,3
-2.25,blue,setosa,10
0.1,red,,-7
"""
# colour=blue comes before colour=red, in the place of the column.
FLOWER_FIELDS = ("width", "colour=blue", "colour=red", "height")
FLOWER_X = [[1.5, 0, 1, 3], [-2.25, 1, 0, 10], [0.1, 0, 1, -7]]


def options(**given):
    return Options("t.csv", **given)


def x_of(name, fields=None, **given):
    return table.contents(name, options(**given), fields).examples.arrays["x"].tolist()


def fields_of(name, **given):
    return table.contents(name, options(**given)).columns["x"].names


def notes_of(name, fields=None, **given):
    """But for the one that text columns become inputs, which most tables here have."""
    notes = table.contents(name, options(**given), fields).notes
    return [note for note in notes if "one-hot inputs" not in note]
