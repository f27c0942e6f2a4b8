# make demo    scores the customers of the order log in the repository
# make test    everything that CI checks: formatting, lints, every test in Rust, of the built Python wheel and of the packed
#              Node package, the documentation
# make bench   the benchmarks: of the core alone, and beside the peers, which go into a virtual environment of their own;
#              the tables go to benches/RESULTS.md. make bench-quick shows them for small sizes, in two minutes.
# make doc     the documentation of the crate, in target/doc
# make vectors the conformance vectors anew, from their oracles (Python 3.11)
# make python  the Python package into the virtual environment target/python/test, as its tests use it
# make node    the Node package, packed, into the folder target/node/test, as its tests use it

ORACLE := loyalty-core/tests/oracle
PYTHON := target/oracle/bin/python
WHEEL := target/python/build
WHEEL_TEST := target/python/test
BENCH := target/bench
COMPARE := benches/compare
NODE_TEST := target/node/test
NPM := loyalty-node/node_modules/.package-lock.json

.PHONY: demo test test-rust test-python test-node wheel python node bench bench-quick bench-peers doc vectors

demo:
	@mkdir -p out
	@cargo run --release -p loyalty-core --example score_customers -- \
		loyalty-core/examples/data/cdnow_sample.csv \
		--model-out out/scorecard.json --scores-out out/scores.csv

test: test-rust test-python test-node

test-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked
	cargo test -p loyalty-benches --benches --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	if cargo deny --version >/dev/null 2>&1; then cargo deny check; fi

# The core's examples are for the tests that pass models between Python and Rust.
test-python: python
	cargo build --locked -p loyalty-core --examples
	cd loyalty-py && LOYALTY_EXAMPLES=$(CURDIR)/target/debug/examples ../$(WHEEL_TEST)/bin/python -m pytest
	cd loyalty-py && MPLBACKEND=Agg ../$(WHEEL_TEST)/bin/python -m pytest --doctest-modules --pyargs loyalty
	cd loyalty-py && ../$(WHEEL_TEST)/bin/python -m mypy -p loyalty
	cd loyalty-py && ../$(WHEEL_TEST)/bin/python -m mypy examples
	cd loyalty-py && ../$(WHEEL_TEST)/bin/python -m mypy.stubtest loyalty --mypy-config-file pyproject.toml \
		--allowlist tests/stubtest_allowlist.txt
	$(WHEEL_TEST)/bin/python $(COMPARE) --smoke --only customers rfm kmeans churn silhouette scorecard growth >/dev/null

wheel: $(WHEEL)/bin/maturin
	rm -rf $(WHEEL)/dist
	$(WHEEL)/bin/maturin build --release --locked --manifest-path loyalty-py/Cargo.toml --out $(WHEEL)/dist

python: wheel $(WHEEL_TEST)/bin/pytest
	$(WHEEL_TEST)/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEEL)/dist/*.whl

$(WHEEL)/bin/maturin:
	python3 -m venv $(WHEEL)
	$(WHEEL)/bin/python -m pip install --quiet maturin==1.16.0

$(WHEEL_TEST)/bin/pytest: loyalty-py/tests/requirements.txt
	python3 -m venv --clear $(WHEEL_TEST)
	$(WHEEL_TEST)/bin/python -m pip install --quiet --requirement $<
	touch $@

# The core's examples and the Python package are for the tests that pass models from language to language.
test-node: node python
	cargo build --locked -p loyalty-core --examples
	cd $(NODE_TEST) && LOYALTY_REQUIRE_ALL=1 LOYALTY_REPOSITORY=$(CURDIR) \
		LOYALTY_EXAMPLES=$(CURDIR)/target/debug/examples LOYALTY_PYTHON=$(CURDIR)/$(WHEEL_TEST)/bin/python \
		node --test --test-reporter=spec test/*.test.*js
	node $(COMPARE)/node.mjs --rounds 1 >/dev/null

# Installed from the packed file into an empty folder, where the tests find the tools they need beside it.
node: $(NPM)
	cd loyalty-node && npm run --silent build
	rm -rf $(NODE_TEST)
	mkdir -p $(NODE_TEST)
	cd loyalty-node && npm pack --silent --pack-destination $(CURDIR)/$(NODE_TEST)
	cd $(NODE_TEST) && npm init --yes >/dev/null && npm install --silent --offline ./loyalty-*.tgz
	cp -r loyalty-node/test loyalty-node/examples $(NODE_TEST)
	for tool in $$(cd loyalty-node && npm pkg get devDependencies | grep -o '^ *"[^"]*"' | tr -d ' "'); do \
		mkdir -p $$(dirname $(NODE_TEST)/node_modules/$$tool); \
		ln -s $(CURDIR)/loyalty-node/node_modules/$$tool $(NODE_TEST)/node_modules/$$tool || exit 1; \
	done

$(NPM): loyalty-node/package-lock.json
	cd loyalty-node && npm ci
	touch $@

bench: bench-peers
	cargo bench -p loyalty-benches
	$(BENCH)/bin/python $(COMPARE) --write benches/RESULTS.md

bench-quick: bench-peers
	$(BENCH)/bin/python $(COMPARE) --quick

# Ours and all peers, ready to be measured.
bench-peers: wheel node $(BENCH)/installed
	$(BENCH)/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEEL)/dist/*.whl

$(BENCH)/installed: $(COMPARE)/requirements.txt
	python3 -m venv --clear $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --requirement $<
	touch $@

doc:
	cargo doc --workspace --no-deps

vectors: target/oracle
	for script in $(filter-out %/vectors.py,$(wildcard $(ORACLE)/*.py)); do $(PYTHON) $$script || exit 1; done

target/oracle: $(ORACLE)/requirements.txt
	python3 -m venv $@
	$(PYTHON) -m pip install --quiet --requirement $<
	touch $@
