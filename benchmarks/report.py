"""The result as tables that a person reads."""

from __future__ import annotations

from typing import Any

TARGETS = [
    # (name, path into the result, at most, as it is shown)
    ("digits step / NumPy by hand", ("digits", "step", "learngrad", "numpy"), 1.6),
    ("digits step / PyTorch", ("digits", "step", "learngrad", "torch"), 1.0),
    ("mnist step / NumPy by hand", ("mnist", "step", "learngrad", "numpy"), 1.15),
    ("chain, an operation both ways / PyTorch", ("chain", "both", "learngrad", "torch"), 1.0),
    ("recorder used before / never",
     ("recording", "both", "recorded before", "never recorded"), 1.05),
]
"""Ratios at one thread that the core is held to."""

IMPORT_SECONDS, IMPORT_BYTES = 0.060, 10e6
LEFT_OVER = 0.1  # of the memory that a long chain took, how much may stay


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What was aimed at, what was measured, and whether that is good enough."""
    cases = result["cases"]
    held = []
    for name, (case, part, peer, base), most in TARGETS:
        for row in cases.get(case, {}).get("rows", []):
            if (row["part"], row["peer"], row["threads"]) == (part, peer, 1) and (
                    base in row["versus"]):
                ratio = row["versus"][base]["median"]
                held.append(_target(name, f"{most:g}", ratio, most, "{:.2f}"))
    if "import" in cases:
        beyond = cases["import"]["beyond"]
        held += [_target("import beyond NumPy, ms", "60", beyond["seconds"] * 1e3,
                         IMPORT_SECONDS * 1e3, "{:.0f}"),
                 _target("import beyond NumPy, MB", "10", beyond["bytes"] / 1e6,
                         IMPORT_BYTES / 1e6, "{:.1f}")]
    row = cases.get("memory", {}).get("rows", {}).get("learngrad")
    if row:
        taken = row["runs"][0]["peak"] - row["before"]
        again = (row["runs"][1]["peak"] - row["runs"][0]["peak"]) / max(taken, 1)
        held.append(_target("memory that a second long chain needs anew", "0.1", again, LEFT_OVER,
                            "{:.2f}"))
    return held


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
        table = {"import": _import, "memory": _memory}.get(name, _rows)(case)
        blocks.append(f"{name}: {case['about']}\n\n{table}")
    held = targets(result)
    if held:
        blocks.append(_table(["target", "at most", "measured", ""], [
            [t["name"], t["at most"], t["shown"], "met" if t["met"] else "missed"] for t in held]))
    return "\n\n".join(blocks)


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


def _table(head: list[str], lines: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    rows = [head, ["-" * w for w in widths], *lines]
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |"
                     for row in rows)
