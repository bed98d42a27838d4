"""All the work that is timed, by name."""

from benchmarks import lenet, mlp, operations, sequences, tape

CASES = {case.name: case for module in (mlp, tape, operations, lenet, sequences)
         for case in module.CASES}
