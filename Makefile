.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo run build test check prepare race unit fuzz bench torture year screenshots clean

# One build serves vet and tests, so make test vets what it will run. SQLite, translated from C, is left out of what the race detector watches: it has
# locks of its own, and watching it takes more than twice the time of everything else.
WATCHED := -race '-gcflags=modernc.org/sqlite/lib=-race=false'
test: RACE := $(WATCHED)
test race: export CGO_ENABLED := 1
TESTFLAGS ?=
FUZZTIME ?= 20s
BENCH ?= .
BENCHTIME ?= 1s
TORTURE_KILLS ?= 200
TORTURE_MESSAGES ?= 20000
TORTURE_SEED ?=
YEAR_CLIENTS ?= 5000
SEED ?=

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

demo: ## Make a demo clinic in ./demo_data and serve it on 127.0.0.1:8090
	go run . demo

run: ## Serve the clinic in ./pb_data on 127.0.0.1:8090
	go run . serve

build: ## Build ./pawbell, one file that needs nothing else
	CGO_ENABLED=0 go build -trimpath -o pawbell .

test: prepare check race ## Install what the tests need, then run everything

check: ## Formatting, vet and the fences, without the tests
	@unformatted="$$("$$(go env GOROOT)/bin/gofmt" -l .)"; if [ -n "$$unformatted" ]; then printf 'gofmt has something to say about:\n%s\n' "$$unformatted"; exit 1; fi
	go vet $(RACE) ./...
	go test $(RACE) -count=1 -run '^TestHouse' .

prepare: ## Install a C compiler, Chromium and axe-core, where they are missing
	@scripts/prepare-tests

# What asks a clinic one thing after another needs no watching, and takes ten times as long under it.
CALM := /hooks$$|/internal/command$$|/pb_migrations$$

race: ## All tests, the browser's included; under the race detector wherever several things happen at once
	go test $(WATCHED) -timeout 20m $(TESTFLAGS) $$(go list ./... | grep -vE '$(CALM)')
	go test -timeout 20m $(TESTFLAGS) $$(go list ./... | grep -E '$(CALM)')
	go test $(WATCHED) -timeout 20m $(TESTFLAGS) -run 'AtOnce|ARush|NobodyUndoes' ./hooks

unit: ## All tests but the browser's, without the race detector
	go test $$(go list ./... | grep -v /pb_public)

fuzz: ## Every fuzz target for FUZZTIME (20s)
	@scripts/fuzz $(FUZZTIME)

bench: ## Every benchmark, one package at a time; BENCH and BENCHTIME narrow it down
	go test -p 1 -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 60m ./...

torture: ## Kill the program TORTURE_KILLS (200) times on TORTURE_MESSAGES (20000) messages to lying providers; TORTURE_SEED repeats a run
	TORTURE_KILLS=$(TORTURE_KILLS) TORTURE_MESSAGES=$(TORTURE_MESSAGES) TORTURE_SEED=$(TORTURE_SEED) \
		go test -count=1 -v -timeout 90m -run '^Test(NothingIsLostOrDoubled|ManyTextsThatAreAlikeToOneNumber)$$' ./internal/torture

year: ## Live a year in a clinic of YEAR_CLIENTS (5000) and hold it against the rules; SEED repeats a year
	YEAR_CLIENTS=$(YEAR_CLIENTS) SEED=$(SEED) go test -count=1 -v -timeout 120m -run '^TestAYearGoesByTheRules$$' ./internal/year

screenshots: prepare ## Pictures of the owner's pages in bin/screenshots
	@mkdir -p bin/screenshots
	BROWSERTEST_SCREENSHOTS="$(CURDIR)/bin/screenshots" go test -count=1 ./pb_public

clean: ## Remove what was built, what was fetched for tests, and the demo's data; never the clinic's
	rm -rf bin pawbell node_modules demo_data
