"""PyTorch's own database of modules over learngrad.nn: what they print, hold, give and refuse.

Each module is built with the same arguments and given the same weights; values, gradients of
inputs and parameters, and buffers after the call are compared, in training and in evaluation.
`differences.toml` names what comes out differently.
"""

import fnmatch
import functools
import warnings

import pytest

import learngrad as lg
from learngrad import nn
from tests import differences, opinfo
from tests.optable.reference import torch

try:
    from torch.testing._internal.common_modules import ModuleErrorEnum, module_db
except ImportError:  # PyTorch or expecttest is not installed
    module_db = []

OFFERED = {info.name: info for info in module_db
           if hasattr(nn, info.name.removeprefix("nn.")) and "Lazy" not in info.name}
pytestmark = pytest.mark.skipif(not module_db, reason="needs PyTorch and expecttest")
SAMPLES = 12


def kind(info):
    """The class of learngrad's."""
    return getattr(nn, info.name.removeprefix("nn."))


def build(info, arguments, *, training):
    """The module of both libraries, in float64 and with the same weights."""
    if any(isinstance(arg, torch.nn.Module) or callable(arg) for arg in arguments.args):
        raise opinfo.Untranslatable("a module or a function of PyTorch's")
    ours, theirs = opinfo.translate((arguments.args, arguments.kwargs), [])
    module = info.module_cls(*theirs[0], **theirs[1]).double().train(training)
    mine = kind(info)(*ours[0], **ours[1]).double().train(training)
    state = module.state_dict()
    mine.load_state_dict({key: lg.from_numpy(value.numpy().copy()) for key, value in state.items()})
    assert list(mine.state_dict()) == list(state)
    return mine, module


def compare(info, sample, training):
    """Yield what differs between the two modules for one set of arguments."""
    mine, module = build(info, sample.constructor_input, training=training)
    if repr(mine) != repr(module):
        yield "repr", f"{mine!r}\nPyTorch {module!r}"
    leaves = []
    ours, theirs = opinfo.translate((sample.forward_input.args, sample.forward_input.kwargs),
                                    leaves)
    got, expected = mine(*ours[0], **ours[1]), module(*theirs[0], **theirs[1])
    held = dict(module.named_parameters())
    leaves += [(p, held[name]) for name, p in mine.named_parameters()]
    yield from opinfo.compare(opinfo.flat(got), opinfo.flat(expected), leaves)
    for (name, a), b in zip(mine.named_buffers(), module.buffers(), strict=True):
        if not opinfo.near(a, b):
            yield "buffer", f"{name}: {a}\nPyTorch {b}"


def refuse(info, wrong):
    """What PyTorch refuses has to be refused, by an error of a family of its."""
    sample = wrong.module_error_input
    if wrong.error_on == ModuleErrorEnum.CONSTRUCTION_ERROR:
        ours, theirs = opinfo.translate(
            (sample.constructor_input.args, sample.constructor_input.kwargs), [])
        made, module = kind(info), info.module_cls
    else:
        ours, theirs = opinfo.translate(
            (sample.forward_input.args, sample.forward_input.kwargs), [])
        made, module = build(info, sample.constructor_input, training=True)
    calls = lambda: made(*ours[0], **ours[1]), lambda: module(*theirs[0], **theirs[1])
    raised = []
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - both are compared
            raised.append(error)
        else:
            raised.append(None)
    got, expected = raised
    if expected is None:
        return
    family = next((f for f in opinfo.FAMILIES if isinstance(expected, f)), Exception)
    if got is None:
        yield "accepted", f"PyTorch {family.__name__}: {expected}"
    elif not isinstance(got, family) or not isinstance(got, lg.errors.LearngradError):
        yield "family", f"{got!r:.600}\nPyTorch {expected!r}"


@functools.cache
def run(name):
    """What differs for one module: ``module/what`` and how."""
    info, found = OFFERED[name], []
    for training in (True, False):
        opinfo.seed(f"{name} {training}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # both may warn; what they say is not compared here
            samples = info.module_inputs_func(info, device="cpu", dtype=torch.float64,
                                              requires_grad=True, training=training)
            for sample in list(samples)[:SAMPLES]:
                if sample.forward_input is None:
                    continue
                text = f"{sample.constructor_input.args} {sample.constructor_input.kwargs}"[:300]
                try:
                    found += [(f"{name}/{what}", f"{text}\n    {told}"[:1200])
                              for what, told in compare(info, sample, training)]
                except opinfo.Untranslatable:
                    continue
                except lg.errors.LearngradError as error:
                    found.append((f"{name}/refused", f"{text}\n    {error}"))
                except Exception as error:  # noqa: BLE001 - told with its class, and the test fails
                    found.append((f"{name}/crashed", f"{text}\n    {error!r}"))
    if info.module_error_inputs_func is not None:
        for wrong in info.module_error_inputs_func(info, device="cpu", dtype=torch.float64,
                                                   requires_grad=False, training=True):
            try:
                found += [(f"{name}/error/{what}", told) for what, told in refuse(info, wrong)]
            except opinfo.Untranslatable:
                continue
    return found


@pytest.mark.parametrize("name", OFFERED)
def test_is_the_same_module(name):
    wrong = [f"{case} {text}" for case, text in run(name)
             if differences.find("modules", case) is None]
    assert not wrong, "\n\n".join(dict.fromkeys(wrong))


def test_every_difference_is_seen():
    """What no longer differs leaves the file."""
    seen = {case for name in OFFERED for case, _ in run(name)}
    stale = [pattern for entry in differences.ALL.get("modules", ()) for pattern in entry["cases"]
             if not fnmatch.filter(seen, pattern)]
    assert not stale
