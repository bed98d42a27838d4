"""The operation table: a row for each operation, which is all that a new one needs."""

from tests.optable import (
    algebra,
    arrange,
    bends,
    criteria,
    cumulative,
    dropped,
    elementwise,
    extrema,
    functions,
    logic,
    margins,
    normal,
    pairs,
    patched,
    picked,
    picking,
    pooled,
    products,
    reduce,
    sequences,
    shape,
    sliding,
    statistics,
)
from tests.optable.form import Operation, Sample, T, Wrong

OPERATIONS = [*elementwise.ROWS, *functions.ROWS, *logic.ROWS, *pairs.ROWS, *reduce.ROWS,
              *extrema.ROWS, *cumulative.ROWS, *statistics.ROWS, *shape.ROWS, *products.ROWS,
              *algebra.ROWS, *arrange.ROWS, *picking.ROWS, *bends.ROWS,
              *criteria.ROWS, *sliding.ROWS,
              *pooled.ROWS, *normal.ROWS, *picked.ROWS, *dropped.ROWS, *margins.ROWS, *patched.ROWS,
              *sequences.ROWS]
"""Every operation of learngrad. A test refuses an operation that no row runs."""

__all__ = ["OPERATIONS", "Operation", "Sample", "T", "Wrong"]
