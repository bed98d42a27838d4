"""learngrad beside its peers on the same work: ``python -m benchmarks``, see README.md."""
