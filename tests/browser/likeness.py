"""Whether two photographs show the same view: the same parts in the same places and colours.

How letters are smoothed may differ, as it does on another machine, and a number or a word in its
place. So pictures are compared coarsely, as someone sees them from across a room: whether there is
something in a place, how light it is and of what colour; and besides by their flat colours, which
no letter changes.
"""

import io

import numpy as np
from PIL import Image

CELL = 4
"""Pixels across and down that are taken together."""
ROOM = 12
"""Pixels by which a photograph may be taller or wider."""
LIGHT, HUE = 30.0, 12.0
"""How far a cell may be off in lightness and in colour, of 255. Letters are nearly grey."""
INK, PAPER = 60, 25
"""There is something in a cell if its pixels are further apart than the first, and nothing there if
those of it and the cells around are less apart than the second."""
CELLS = 12
"""So many cells may be off: a number that is a digit longer, not an edge that is missing."""
FLAT = 0.004
"""The share of the picture from which on a flat colour has to be in the other one too."""
NEAR = 8
"""How far two colours may be apart in each channel and be called the same."""
COLOURS = 128, 64, 32
LARGEST = 40_000
"""Bytes of what is kept; where it is more, fewer colours are."""


def load(data):
    """The pixels of a photograph, [height, width, 3]."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def kept(data):
    """The photograph as it is kept: in few colours, so that it is small."""
    for colours in COLOURS:
        few = Image.fromarray(load(data)).quantize(colours, kmeans=2, dither=Image.Dither.NONE)
        out = io.BytesIO()
        few.save(out, "png", optimize=True)
        if out.tell() < LARGEST:
            break
    return out.getvalue()


def differences(now, before):
    """What is different, in words; nothing where the two are alike."""
    if any(abs(a - b) > ROOM for a, b in zip(now.shape[:2], before.shape[:2], strict=True)):
        return [f"it is {now.shape[1]}×{now.shape[0]} pixels, and was "
                f"{before.shape[1]}×{before.shape[0]}"]
    height, width = (min(a, b) for a, b in zip(now.shape[:2], before.shape[:2], strict=True))
    now, before = now[:height, :width], before[:height, :width]
    said = [f"{one} has come" for one in _missing(now, before)]
    said += [f"{one} has gone" for one in _missing(before, now)]
    off = changed(now, before)
    if off.sum() > CELLS:
        rows, columns = np.nonzero(off)
        y, x = int(np.median(rows)) * CELL, int(np.median(columns)) * CELL
        said.append(f"{off.sum()} places look different, around x = {x}, y = {y}")
    return said


def changed(now, before):
    """Which cells are different, even if the other picture is moved by a cell any way."""
    (paint, ink, room), (old_paint, old_ink, old_room) = _cells(now), _cells(before)
    off = (_unlike(paint, old_paint) | _unlike(old_paint, paint)
           | ((ink > INK) & (old_room < PAPER)) | ((old_ink > INK) & (room < PAPER)))
    off[:2] = off[-2:] = off[:, :2] = off[:, -2:] = False  # what is beside them is not in it
    return off


def _unlike(paint, other):
    """Cells that are lighter, darker or of another colour than all around the place in another."""
    around, limits = _around(other), np.array([LIGHT, HUE, HUE])
    return ((paint > around.max(axis=0) + limits) | (paint < around.min(axis=0) - limits)).any(2)


def _around(cells):
    """For each cell itself and the eight beside it."""
    height, width = cells.shape[:2]
    padded = np.pad(cells, ((1, 1), (1, 1), (0, 0))[:cells.ndim], mode="edge")
    return np.stack([padded[y:y + height, x:x + width] for y in range(3) for x in range(3)])


def _cells(pixels):
    """For each cell lightness and two hues, a little smoothed, and how far its pixels are apart.

    And, third, how far those of it and of the cells around are.
    """
    height, width = (size // CELL for size in pixels.shape[:2])
    cut = pixels[:height * CELL, :width * CELL].astype(np.float32)
    cut = cut.reshape(height, CELL, width, CELL, 3)
    red, green, blue = np.moveaxis(cut.mean((1, 3)), 2, 0)
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    paint = np.stack([light, 0.564 * (blue - light), 0.713 * (red - light)], axis=2)
    for axis in (0, 1):
        paint = (np.roll(paint, 1, axis) + 2 * paint + np.roll(paint, -1, axis)) / 4
    most, least = cut.max((1, 3)), cut.min((1, 3))
    room = _around(most).max(axis=0) - _around(least).min(axis=0)
    return paint, (most - least).max(axis=2), room.max(axis=2)


def _missing(pixels, other):
    """The flat colours of a picture that another lacks, or has much less of."""
    there = _flat(other)
    for colour, share in _flat(pixels).items():
        alike = sum(s for c, s in there.items()
                    if max(abs(a - b) for a, b in zip(c, colour, strict=True)) <= NEAR)
        if share > FLAT and alike < share / 3:
            yield f"{'#{:02x}{:02x}{:02x}'.format(*colour)} ({share:.1%})"


def _flat(pixels):
    """Colours of points that are like all their neighbours, with their share of the picture."""
    inner = pixels[1:-1, 1:-1].astype(np.int16)
    flat = np.ones(inner.shape[:2], dtype=bool)
    for y in range(3):
        for x in range(3):
            beside = pixels[y:y + inner.shape[0], x:x + inner.shape[1]]
            flat &= (beside == inner).all(axis=2)
    numbers = inner[flat] @ np.array([65536, 256, 1])
    colours, counts = np.unique(numbers, return_counts=True)
    return {(int(c) >> 16, int(c) >> 8 & 255, int(c) & 255): n / flat.size
            for c, n in zip(colours, counts, strict=True) if n / flat.size > FLAT / 10}
