"""Edges that a layout engine is spared: those across so many ranks that it would take minutes.

A weight that all turns of an unrolled loop use has an edge to each of them, and Graphviz puts a
point on each rank that an edge crosses. If all edges together cross more than 1,200 ranks, the
longest are drawn over the finished layout, but each box keeps its shortest. The front end draws by
the same rule (`js/core/spans.ts`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from learngrad.trace.shown import Edge, Ref

__all__ = ["far_curve", "split"]

MOST_RANKS = 1_200


def split(edges: Sequence[Edge]) -> tuple[list[Edge], list[Edge]]:
    """The edges to lay out; and those to draw over the finished layout."""
    rank = _ranks(edges)

    def span(edge: Edge) -> int:
        return rank[edge.to] - rank[edge.origin]

    together = sum(map(span, edges))
    keeps: dict[Ref, Edge] = {}
    for edge in edges:
        for end in (edge.origin, edge.to):
            if end not in keeps or span(edge) < span(keeps[end]):
                keeps[end] = edge
    needed = set(keeps.values())
    far: set[Edge] = set()
    for edge in sorted((e for e in edges if e not in needed), key=lambda e: -span(e)):
        if together <= MOST_RANKS:
            break
        far.add(edge)
        together -= span(edge)
    return [e for e in edges if e not in far], [e for e in edges if e in far]


def _ranks(edges: Sequence[Edge]) -> dict[Ref, int]:
    """For each box the length of the longest way to it."""
    rank: dict[Ref, int] = {}
    waits: dict[Ref, int] = defaultdict(int)
    out: dict[Ref, list[Ref]] = defaultdict(list)
    for edge in edges:
        rank[edge.origin] = rank[edge.to] = 0
        waits[edge.to] += 1
        out[edge.origin].append(edge.to)
    ready = [ref for ref in rank if not waits[ref]]
    while ready:
        ref = ready.pop()
        for to in out[ref]:
            rank[to] = max(rank[to], rank[ref] + 1)
            waits[to] -= 1
            if not waits[to]:
                ready.append(to)
    return rank


def far_curve(start: Sequence[Any], end: Sequence[Any]) -> list[list[float]]:
    """A plain curve from the lower edge of one box to the upper edge of another."""
    x0, y0 = start[0], round(start[1] + start[3] / 2, 1)
    x1, y1 = end[0], round(end[1] - end[3] / 2, 1)
    return [[x0, y0], [x0, y0 + 40], [x1, y1 - 40], [x1, y1]]
