# nsfw: `make demo` and `make test` do all the set-up on a fresh Debian 12 with Rust.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
BINARY := target/release/nsfw

.PHONY: all setup build demo test lint bench install clean

all: build

# What the build links against; what is there already is not installed again.
setup:
	@sh .ci/packages build

build: setup
	$(CARGO) build --release --locked

demo: build
	$(BINARY) demo

test: setup
	$(CARGO) test --locked

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items

bench: build
	$(CARGO) bench --locked

install: build
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/nsfw
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	$(BINARY) man $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/man/man5
	mv $(DESTDIR)$(PREFIX)/share/man/man1/nsfw-experiment.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(BINARY) completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/nsfw
	install -d $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	$(BINARY) completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_nsfw
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BINARY) completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/nsfw.fish

clean:
	$(CARGO) clean
