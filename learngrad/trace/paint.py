"""What our SVG pictures are painted with: colours, light and dark, and how text gets into them."""

from __future__ import annotations

from learngrad.trace.text import clean

__all__ = ["COLOURS", "FONT", "NEUTRAL", "STYLE", "escaped", "ink", "n", "paint"]

# name: (light, dark), as in the front end's style sheet.
COLOURS = {
    "ink": ("#1c2530", "#e6eaf0"), "faint": ("#5d6875", "#9ba7b4"), "edge": ("#7f8b98", "#66727f"),
    "grad": ("#a24e00", "#ffbd6b"),
    "leaf": ("#e4f1fc", "#12304a"), "leaf-line": ("#1f74b5", "#69b6f3"),
    "parameter": ("#dcf4ea", "#0d3a2d"), "parameter-line": ("#04795a", "#4bcb9f"),
    "buffer": ("#f3ebf8", "#35234a"), "buffer-line": ("#84539f", "#c39ae0"),
    "constant": ("#f5f4f0", "#2b2a27"), "constant-line": ("#85817a", "#a39e94"),
    "operation": ("#fff", "#1f252d"), "operation-line": ("#59636f", "#98a5b3"),
    "failed": ("#fdebe2", "#452008"), "failed-line": ("#b04300", "#ff8f4f"),
    "group": ("#eef1f5", "#2a323d"), "group-line": ("#47525f", "#b6c2cf"),
    "frame-line": ("#b4bdc7", "#4d5866"),
    "above": ("#ec8a1c", "#f09a3c"), "below": ("#2f8fd0", "#4fa9e6"),
}
# Legible on white and on black: for what stands on a ground whose colour nobody told us.
NEUTRAL = "#757c85"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def paint(look: str) -> str:
    """Ground and line of a box."""
    look = "constant" if look == "unrecorded" else look
    return (f'class="{look}" fill="{COLOURS[look][0]}" '
            f'stroke="{COLOURS[look + "-line"][0]}"')


def ink(name: str) -> str:
    """The colour of a text."""
    return f'class="{name}" fill="{COLOURS[name][0]}"'


def _style() -> str:
    """The style sheet: colours as variables, light or dark by the host's theme or the system's."""
    def names(at: int) -> str:
        return ";".join(f"--{name}:{both[at]}" for name, both in COLOURS.items())

    own = ".learngrad-svg"
    rules = [f"{own}{{max-width:100%;height:auto;{names(0)}}}",
             f"@media (prefers-color-scheme:dark){{{own}{{{names(1)}}}}}"]
    for at, hosts in enumerate((('[data-jp-theme-light="true"]', ".vscode-light",
                                 '[data-theme="light"]'),
                                ('[data-jp-theme-light="false"]', ".vscode-dark",
                                 '[data-theme="dark"]'))):
        rules.append(f"{','.join(f'{host} {own}' for host in hosts)}{{{names(at)}}}")
    rules += [f"{own} .{look}{{fill:var(--{look});stroke:var(--{look}-line)}}"
              for look in COLOURS if f"{look}-line" in COLOURS]
    rules += [f"{own} .{name}{{fill:var(--{name})}}"
              for name in ("ink", "faint", "grad")]
    rules += [f"{own} .{name}-stroke{{stroke:var(--{name})}}"
              for name in ("above", "below", "edge", "grad", "failed-line")]
    rules += [f"{own} .seen{{fill:var(--operation)}}",
              f"{own} .inner,{own} .sign{{fill:none}}",
              f"{own} .around{{stroke:var(--frame-line)}}", f"{own} .edge{{stroke:var(--edge)}}",
              f"{own} .tip{{fill:var(--edge)}}"]
    return "".join(rules)


STYLE = _style()


def escaped(text: str) -> str:
    """Text for an element or for an attribute between double quotes, in SVG and HTML."""
    lines = (clean(line) for line in text.split("\n"))
    return ("\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace('"', "&quot;").replace("'", "&#39;"))


def n(value: float) -> str:
    """A coordinate in as few characters as it needs."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
