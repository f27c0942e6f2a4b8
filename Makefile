# make demo    scores the customers of the order log in the repository
# make test    formatting, lints, every test, the documentation, each benchmark once
# make bench   the benchmarks
# make doc     the documentation, in target/doc
# make vectors the conformance vectors anew, from their oracles (Python 3.11)

ORACLE := loyalty-core/tests/oracle
PYTHON := target/oracle/bin/python

.PHONY: demo test bench doc vectors

demo:
	@mkdir -p out
	@cargo run --release -p loyalty-core --example score_customers -- \
		loyalty-core/examples/data/cdnow_sample.csv \
		--model-out out/scorecard.json --scores-out out/scores.csv

test:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked
	cargo test -p loyalty-benches --benches --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	if cargo deny --version >/dev/null 2>&1; then cargo deny check; fi

bench:
	cargo bench -p loyalty-benches

doc:
	cargo doc --workspace --no-deps

vectors: target/oracle
	for script in $(filter-out %/vectors.py,$(wildcard $(ORACLE)/*.py)); do $(PYTHON) $$script || exit 1; done

target/oracle: $(ORACLE)/requirements.txt
	python3 -m venv $@
	$(PYTHON) -m pip install --quiet --requirement $<
	touch $@
