"""All the work that is timed, by name."""

from benchmarks import lenet, loading, mlp, operations, sequences, tape

CASES = {case.name: case for module in (mlp, tape, operations, lenet, sequences, loading)
         for case in module.CASES}
