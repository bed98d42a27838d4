"""The result as tables that a person reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

NOTE = """Ratios are what to trust: the machine is a small, shared one, and its two cores are all it
has, so two threads there say little."""

TARGETS = [
    # (name, path into the result, at most, as it is shown)
    ("digits step / NumPy by hand", ("digits", "step", "learngrad", "numpy"), 1.6),
    ("digits step / PyTorch", ("digits", "step", "learngrad", "torch"), 1.0),
    ("mnist step / NumPy by hand", ("mnist", "step", "learngrad", "numpy"), 1.15),
    ("chain, an operation both ways / PyTorch", ("chain", "both", "learngrad", "torch"), 1.0),
    ("recorder used before / never",
     ("recording", "both", "recorded before", "never recorded"), 1.05),
    ("mnist step / PyTorch", ("mnist", "step", "learngrad", "torch"), 1.0),
    ("lstm step / PyTorch", ("lstm", "step", "learngrad", "torch"), 1.0),
    ("gpt step / PyTorch", ("gpt", "step", "learngrad", "torch"), 1.0),
    ("lenet step / PyTorch", ("lenet", "step", "learngrad", "torch"), 2.0),
    ("conv2d both ways / PyTorch", ("conv2d", "both", "learngrad", "torch"), 4.0),
    ("a batch / PyTorch", ("batches", "in the process", "learngrad", "torch"), 1.0),
    ("a batch of one worker / PyTorch", ("batches", "one worker", "learngrad", "torch"), 1.0),
    ("a batch of two workers / PyTorch", ("batches", "two workers", "learngrad", "torch"), 1.0),
    ("two workers / one, 2 ms an item",
     ("augmentation", "load", "two workers", "one worker"), 1 / 1.7),
]
"""Ratios at one thread that the core is held to."""

ADDED = [
    # (name, part and peer of the case `recording`, at most)
    ("recording an operation with nobody drawing", "forward", "recording, nobody drawing", 3e-6),
    ("recording it with line, name and preview taken", "forward", "recorded and read", 15e-6),
    ("recording a backward step with nobody drawing", "backward", "recording, nobody drawing",
     3e-6),
    # It has more to tell than an operation, whose gradient is told again besides.
    ("recording it with numbers and formulas taken", "backward", "recorded and read", 20e-6),
]
"""Seconds that recording may add to what the same work takes with nobody watching."""

KEPT = 1.01  # bytes kept for backward, of PyTorch's; a hundredth for counts and sums of rows

IMPORT_SECONDS, IMPORT_BYTES = 0.060, 10e6
PLOT_SECONDS, PLOT_SHARE = 5e-6, 0.05
LEFT_OVER = 0.1  # of the memory that a long chain took, how much may stay


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What was aimed at, what was measured, and whether that is good enough."""
    cases = result["cases"]
    held = []
    for name, (case, part, peer, base), most in TARGETS:
        ratio = _ratio(cases.get(case, {}), part, peer, base)
        if ratio is not None:
            held.append(_target(name, f"{most:.3g}", ratio, most, "{:.2f}"))
    for name, case in cases.items():
        for base, spelled in (("mygrad", "MyGrad"), ("hips", "HIPS autograd")):
            ratio = _ratio(case, case["whole"], "learngrad", base) if "whole" in case else None
            if ratio is not None:
                held.append(_target(f"{name} / {spelled}", "1", ratio, 1.0, "{:.2f}"))
        kept = case.get("kept", {})
        if "learngrad" in kept and kept.get("torch"):
            held.append(_target(f"{name}, kept for backward / PyTorch", f"{KEPT:g}",
                                kept["learngrad"] / kept["torch"], KEPT, "{:.3f}"))
    for name, part, peer, most in ADDED:
        least = {row["peer"]: row["seconds"]["min"]
                 for row in cases.get("recording", {}).get("rows", []) if row["part"] == part}
        if peer in least:
            added = least[peer] - least["never recorded"]
            held.append(_target(f"{name}, µs", f"{most * 1e6:g}", added * 1e6, most * 1e6,
                                "{:.1f}"))
    if "import" in cases:
        beyond = cases["import"]["beyond"]
        held += [_target("import beyond NumPy, ms", "60", beyond["seconds"] * 1e3,
                         IMPORT_SECONDS * 1e3, "{:.0f}"),
                 _target("import beyond NumPy, MB", "10", beyond["bytes"] / 1e6,
                         IMPORT_BYTES / 1e6, "{:.1f}")]
    plot = cases.get("plots", {}).get("rows", {}).get("learngrad", {})
    if "added" in plot:
        held += [_target("plot.log, µs added to a step of 1 ms", "5", plot["added"]["median"] * 1e6,
                         PLOT_SECONDS * 1e6, "{:.1f}"),
                 _target("plot.log, share of a step of 1 ms", "5 %", plot["share"], PLOT_SHARE,
                         "{:.1%}")]
    row = cases.get("memory", {}).get("rows", {}).get("learngrad")
    if row:
        taken = row["runs"][0]["peak"] - row["before"]
        again = (row["runs"][1]["peak"] - row["runs"][0]["peak"]) / max(taken, 1)
        held.append(_target("memory that a second long chain needs anew", "0.1", again, LEFT_OVER,
                            "{:.2f}"))
    return held


def _ratio(case: dict[str, Any], part: str, peer: str, base: str) -> float | None:
    """The median ratio of two peers in one part, at one thread; None where one is not there."""
    for row in case.get("rows", []):
        if (row["part"], row["peer"], row["threads"]) == (part, peer, 1) and base in row["versus"]:
            return float(row["versus"][base]["median"])
    return None


def _target(name: str, shown: str, measured: float, most: float, form: str) -> dict[str, Any]:
    return {"name": name, "at most": shown, "measured": measured, "shown": form.format(measured),
            "met": measured <= most}


def text(result: dict[str, Any]) -> str:
    """The whole result in Markdown."""
    computer, versions = result["machine"], result["versions"]
    memory = computer["memory_gb"]
    blocks = [
        f"{computer['processor']}, {computer['cores']} cores"
        + (f", {memory:g} GB" if memory else "") + f", {computer['system']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + f"; {result['settings']['rounds']} rounds; load before and after: "
        f"{result['load before']}, {result['load after']}"]
    blocks += [f"missing: {peer} ({why})" for peer, why in result["missing"].items()]
    for name, case in result["cases"].items():
        table = {"import": _import, "memory": _memory, "plots": _plots}.get(name, _rows)(case)
        blocks.append(f"{name}: {case['about']}\n\n{table}")
    kept = _kept(result["cases"])
    if kept:
        blocks.append(kept)
    held = targets(result)
    if held:
        blocks.append(_table(["target", "at most", "measured", ""], [
            [t["name"], t["at most"], t["shown"], "met" if t["met"] else "missed"] for t in held]))
    return "\n\n".join(blocks)


def put_into(page: Path, result: dict[str, Any]) -> None:
    """Write the tables into a page, as its section "Results"."""
    before, head, rest = page.read_text("utf-8").partition("## Results\n")
    _, after, rest = rest.partition("\n## ")
    names = "|".join(map(re.escape, result["cases"]))
    tables = re.sub(rf"^({names}): ", r"### \1: ", text(result), flags=re.M)
    page.write_text(f"{before}{head}\n{NOTE}\n\n{tables}\n{after}{rest}", "utf-8")


def _rows(case: dict[str, Any]) -> str:
    several = len({row["part"] for row in case["rows"]}) > 1
    lines = []
    for row in case["rows"]:
        t, ratio = row["seconds"], row["versus"].get(case["baseline"])
        lines.append([
            *([row["part"]] if several else []), row["peer"], str(row["threads"]), micro(t["min"]),
            micro(t["median"]), f"{micro(t['q1'])} to {micro(t['q3'])}",
            f"{ratio['median']:.2f}" if ratio else "",
            f"{ratio['q1']:.2f} to {ratio['q3']:.2f}" if ratio else ""])
    return _table([*(["part"] if several else []), "peer", "threads", f"µs a {case['unit']}: least",
                   "median", "quartiles", f"/ {case['baseline']}", "quartiles"], lines)


def micro(seconds: float) -> str:
    """Microseconds with three digits."""
    value = seconds * 1e6
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _kept(cases: dict[str, Any]) -> str:
    """What a forward pass leaves for backward, beside inputs and weights."""
    lines = []
    for name, case in cases.items():
        kept = case.get("kept", {})
        if kept:
            ours, theirs = kept.get("learngrad"), kept.get("torch")
            lines.append([name, *("" if n is None else f"{n / 1e3:,.1f}" for n in (ours, theirs)),
                          f"{ours / theirs:.3f}" if ours is not None and theirs else ""])
    head = ["kept for backward, kB", "learngrad", "torch", "/ torch"]
    return _table(head, lines) if lines else ""


def _import(case: dict[str, Any]) -> str:
    return _table(["", "ms", "MB resident"], [
        [name, f"{case[name]['seconds'] * 1e3:.0f}", f"{case[name]['bytes'] / 1e6:.1f}"]
        for name in ("numpy", "learngrad", "beyond")])


def _memory(case: dict[str, Any]) -> str:
    lines = []
    for library, row in case["rows"].items():
        for number, run in enumerate(row["runs"], 1):
            seconds = (run[key] for key in ("forward", "backward", "free"))
            lines.append([
                library, str(number), *(f"{s:.2f}" for s in seconds),
                *(f"{n / 1e6:.0f}" for n in (row["before"], run["peak"], run["after"])),
                f"{(row['runs'][0]['peak'] - row['before']) / case['length']:.0f}"])
    return _table(["peer", "time", "forward s", "backward s", "free s", "MB before", "peak so far",
                   "after", "bytes an operation"], lines)


def _plots(case: dict[str, Any]) -> str:
    lines = []
    for peer, row in case["rows"].items():
        if "missing" in row:
            lines.append([peer, f"not measured, {row['missing']} is missing", *[""] * 6])
            continue
        added, says = row["added"], row["says"]
        lines.append([
            peer, micro(row["bare"]["median"]), micro(added["median"]),
            f"{micro(added['q1'])} to {micro(added['q3'])}", f"{row['share']:.1%}",
            micro(says) if says is not None else "", f"{row['bytes']:,.0f}",
            f"{row['messages']:.1f}"])
    return _table(["plot", "µs a step without", "added", "quartiles", "share", "it says itself",
                   "bytes a step", "messages a second"], lines)


def _table(head: list[str], lines: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    rows = [head, ["-" * w for w in widths], *lines]
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |"
                     for row in rows)
