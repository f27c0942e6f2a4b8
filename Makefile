# make demo    scores the customers of the order log in the repository
# make test    everything that CI checks: formatting, lints, every test in Rust and of the built Python wheel, the documentation
# make bench   the benchmarks
# make doc     the documentation of the crate, in target/doc
# make vectors the conformance vectors anew, from their oracles (Python 3.11)
# make python  the Python package into the virtual environment target/python/test, as its tests use it

ORACLE := loyalty-core/tests/oracle
PYTHON := target/oracle/bin/python
WHEEL := target/python/build
WHEEL_TEST := target/python/test

.PHONY: demo test test-rust test-python python bench doc vectors

demo:
	@mkdir -p out
	@cargo run --release -p loyalty-core --example score_customers -- \
		loyalty-core/examples/data/cdnow_sample.csv \
		--model-out out/scorecard.json --scores-out out/scores.csv

test: test-rust test-python

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

python: $(WHEEL)/bin/maturin $(WHEEL_TEST)/bin/pytest
	rm -rf $(WHEEL)/dist
	$(WHEEL)/bin/maturin build --release --locked --manifest-path loyalty-py/Cargo.toml --out $(WHEEL)/dist
	$(WHEEL_TEST)/bin/python -m pip install --quiet --force-reinstall --no-deps $(WHEEL)/dist/*.whl

$(WHEEL)/bin/maturin:
	python3 -m venv $(WHEEL)
	$(WHEEL)/bin/python -m pip install --quiet maturin==1.16.0

$(WHEEL_TEST)/bin/pytest: loyalty-py/tests/requirements.txt
	python3 -m venv --clear $(WHEEL_TEST)
	$(WHEEL_TEST)/bin/python -m pip install --quiet --requirement $<
	touch $@

bench: python
	cargo bench -p loyalty-benches
	$(WHEEL_TEST)/bin/python benches/compare/one_row.py

doc:
	cargo doc --workspace --no-deps

vectors: target/oracle
	for script in $(filter-out %/vectors.py,$(wildcard $(ORACLE)/*.py)); do $(PYTHON) $$script || exit 1; done

target/oracle: $(ORACLE)/requirements.txt
	python3 -m venv $@
	$(PYTHON) -m pip install --quiet --requirement $<
	touch $@
