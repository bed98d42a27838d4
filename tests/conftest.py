"""What every test shares: hypothesis' settings, the reference used, no skipped browser in CI."""

import os
import signal
import sys
from importlib.util import find_spec

import pytest

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # a machine with a GPU and little else: tests/gpu needs none
    settings = None

# In the background of a shell Ctrl-C is ignored, and then by every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

IN_CI = os.environ.get("LEARNGRAD_CI") == "1"

# No timed assertions; the same examples each time where CI runs.
if settings is not None:
    settings.register_profile("learngrad", deadline=None, max_examples=100,
                              suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("ci", settings.get_profile("learngrad"), derandomize=True)
    settings.load_profile("ci" if IN_CI else "learngrad")


def needs_a_browser(node):
    if node.get_closest_marker("host") is not None:
        return False  # it may lack more than a browser
    return node.get_closest_marker("browser") is not None or "browser" in node.path.parts


def fail_instead_of_skip(node, report):
    """Where CI runs, a browser is there: a browser test that was skipped has failed."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and needs_a_browser(node):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"a browser test must not be skipped in CI: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    fail_instead_of_skip(item, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    fail_instead_of_skip(collector, report)
    return report


def reference():
    """What gradients were compared with, by what this run has really imported."""
    if "torch" in sys.modules:
        return f"PyTorch {sys.modules['torch'].__version__}"
    if find_spec("torch") is not None:
        return "PyTorch is installed, and no test of this run asked for it"
    return "NumPy and finite differences (PyTorch is not installed)"


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"reference: {reference()}")
    opinfo = sys.modules.get("tests.opinfo")
    if opinfo is not None and opinfo.counts["operations"]:
        terminalreporter.write_line(f"PyTorch's database: {opinfo.told()}")
