# DataWald. `make run` shows it at work on this machine; `make test` checks all of it. Both need Go and nothing else.

GO      ?= go
# The race detector needs a C compiler; without one the tests run without it, and say so.
RACE     = $(shell $(GO) env CGO_ENABLED | grep -q 1 && command -v $$($(GO) env CC) >/dev/null && echo -race)
FOLDERS  = activities alarm alive bench config gateway magento mapping order preview punctual rulebook sandbox sapb1 standalone starter store telemetry tools version visibility watch worker workflows deploy docs
PROGRAMS = worker starter gateway sandbox
SERVERS  = temporal mongod
# What checks the code; the tests want it built.
CHECKS   = bin/workflowcheck

# What the programs say of themselves (--version, /api/v1/status, metrics). From git, unless it is given.
VERSION  ?= $(or $(shell git describe --tags --match 'v*' 2>/dev/null),devel)
REVISION ?= $(or $(shell git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null),unknown)
# The same source and the same Go give the same bytes, in whatever folder and with or without a C compiler. What git knows comes in
# with the flags alone.
LDFLAGS   = -s -w -X datawald/version.number=$(VERSION) -X datawald/version.revision=$(REVISION)
BUILD     = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false

# Real Magento documents beside the project are shown in the sandbox and used by the tests when they are there.
SANDBOX_ORDERS_DIR ?= $(abspath $(wildcard ../shared/orders))
export SANDBOX_ORDERS_DIR

# The browser in which the page is tested. As root on Debian `make test` installs it when it is missing.
CHROMIUM ?= /usr/bin/chromium
export CHROMIUM

# What Prometheus itself says of its rules. Without one `make test` takes it out of Debian's package, of which nothing is installed.
PROMTOOL ?= $(or $(shell command -v promtool),$(abspath bin/promtool))
# Not exported: the tests leave the rules out where there is none, unless somebody has named one.

.PHONY: chromium promtool help run build programs bench chaos outage test vet lint verified vulnerable licences reproducible image image-files walk torture carts fuzz clean clean-data $(PROGRAMS)

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## everything on this machine, until Ctrl-C
	@exec bin/sandbox run

build: $(SERVERS:%=bin/%) programs ## all programs, into bin/

programs: $(PROGRAMS)

$(PROGRAMS):
	@test -e bin/$@ || echo "building bin/$@: the four programs take about 2 minutes the first time, on 2 cores"
	@$(BUILD) -ldflags '$(LDFLAGS)' -o bin/$@ ./$@

bin/temporal: tools/go.mod tools/go.sum
	@echo "building bin/temporal (server, UI and command line): about 3 minutes the first time, on 2 cores"
	@mkdir -p bin
	@cd tools && $(GO) build -ldflags '-s -w -X github.com/temporalio/cli/temporalcli.Version=1.5.1' -o ../bin/temporal github.com/temporalio/cli/cmd/temporal

bin/mongod: tools/go.mod tools/go.sum $(shell find tools/mongod -name '*.go' -not -name '*_test.go' 2>/dev/null)
	@echo "building bin/mongod (embedded store): about 2 minutes the first time, on 2 cores"
	@mkdir -p bin
	@cd tools && $(GO) build -o ../bin/mongod ./mongod

bin/workflowcheck: tools/go.mod tools/go.sum
	@mkdir -p bin
	@cd tools && $(GO) build -o ../bin/workflowcheck go.temporal.io/sdk/contrib/tools/workflowcheck

# Both linters are built from the versions that tools/lint/go.mod names.
bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "building bin/golangci-lint: about 2 minutes the first time, on 2 cores"
	@mkdir -p bin
	@cd tools/lint && $(GO) build -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/govulncheck: tools/lint/go.mod tools/lint/go.sum
	@mkdir -p bin
	@cd tools/lint && $(GO) build -o ../../bin/govulncheck golang.org/x/vuln/cmd/govulncheck

# told runs tests, and repeats at the end what failed and why: between the packages that pass it is hard to find.
define told
@echo '$(1)'; mkdir -p bin; rm -f bin/.rc; { $(1) 2>&1; echo $$? >bin/.rc; } | tee bin/.tests; test "$$(cat bin/.rc)" = 0 || \
	{ echo "what failed:"; grep -E -A 12 '^ *--- FAIL|DATA RACE|^panic:|^#|\.go:[0-9]+:[0-9]+:' bin/.tests | tail -n 200; grep '^FAIL' bin/.tests; exit 1; }
endef

chromium:
	@command -v "$(CHROMIUM)" >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing chromium, in which the page is tested" && \
		apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } || \
		{ echo "the page is tested in Chromium: install it, or name one in CHROMIUM"; exit 1; }

bin/promtool:
	@echo "fetching promtool, with which the rules for Prometheus are tested"
	@mkdir -p bin; dir=$$(mktemp -d) && cd $$dir && { apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; } && \
		dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >promtool && chmod +x promtool && mv promtool $(CURDIR)/bin/ && rm -r $$dir || \
		{ echo "the rules for Prometheus are tested with promtool: install Prometheus, or name its promtool in PROMTOOL"; rm -rf "$$dir" $(CURDIR)/bin/promtool; exit 1; }

promtool:
	@command -v "$(PROMTOOL)" >/dev/null || { test "$(origin PROMTOOL)" = file || { echo "$(PROMTOOL) is not there"; exit 1; }; { $(MAKE) --no-print-directory bin/promtool || echo "NOT TESTED by promtool: it cannot be had"; }; }

test: build vet chromium promtool ## vet, unit and integration tests with the race detector, random shops, carts and documents
	@test -n "$(RACE)" || echo "no C compiler: the tests run without the race detector"
	$(call told,$(GO) test $(RACE) -timeout 45m ./...)
	cd tools && $(GO) test -timeout 10m ./...
	$(MAKE) --no-print-directory walk torture carts fuzz

# By themselves: people do not wait for a page while all other tests have the processors, and Temporal's dev server does not answer then.
walk: build chromium ## the order desk as people use it, in a real browser with all programs behind it
	$(call told,$(GO) test -tags walk ./gateway/walk -count=1 -timeout 15m)

torture: bin/mongod ## the reading of Magento in 2,000 random histories of a shop
	$(GO) test ./workflows -run '^TestReading_' -count=1 -timeout 30m

# How many carts are tried for each of Magento's three ways to compute tax.
CARTS ?= 7000
# The carts are the same in each run; `make carts SEED=0 CARTS=100000` tries others, and prints how to repeat what it finds.
SEED  ?= 1

carts: ## 21,000 random carts: B1 must come to Magento's total, or the order is held
	$(GO) test ./mapping -run '^TestCarts_' -count=1 -timeout 60m -rapid.checks=$(CARTS) -rapid.seed=$(SEED) -v

# How long the documents of Magento are made up at random; `make fuzz FUZZTIME=1h` for long.
FUZZTIME ?= 1m

fuzz: ## made-up documents of Magento for FUZZTIME
	$(GO) test ./magento -run '^$$' -fuzz '^FuzzConvert$$' -fuzztime $(FUZZTIME)

# What to measure; docs/benchmark.md names the cases.
BENCH ?= all

bench: $(SERVERS:%=bin/%) worker gateway ## measure how fast it is on this machine, about 15 minutes: a line of JSON for each case
	@$(GO) build -o bin/bench ./bench
	@bin/bench $(BENCH)

# How many orders are placed while everything fails, how often a process is killed, and LEDGER=1 for ledger mode. SEED fixes
# the rest; each run prints how to repeat it.
ORDERS     ?= 5000
KILL_EVERY ?= 10s
LEDGER     ?=

chaos: build ## 5,000 orders with every fault at once and a kill every 10 s; the books must agree at the end
	@bin/sandbox chaos --orders $(ORDERS) --seed $(SEED) --kill-every $(KILL_EVERY) $(if $(filter-out 0 false no,$(LEDGER)),--ledger)

# How long B1 is dead while orders come in.
OUTAGE ?= 5m

outage: build ## B1 dead for five minutes, and then one that writes nothing: one alarm, nothing lost, the same orders a second as before
	$(GO) test ./worker -run '^(TestOutage|TestB1ThatCeasesToWrite)$$' -count=1 -timeout 60m -v -outage $(OUTAGE) -outage.write 1200ms -outage.timed

vet: $(CHECKS) ## formatting, go vet, and no clock, chance, goroutine or order of a map in a workflow
	@bad=$$("$$($(GO) env GOROOT)/bin/gofmt" -l $(FOLDERS)) && test -z "$$bad" || { echo "not gofmt-ed: $$bad"; exit 1; }
	$(GO) vet -tags walk ./...
	cd tools && $(GO) vet ./...
	bin/workflowcheck -test=false ./workflows

lint: bin/golangci-lint bin/govulncheck ## golangci-lint, the modules as they were published, their licences and known vulnerabilities
	bin/golangci-lint run ./...
	@$(MAKE) --no-print-directory verified
	cd tools/lint && $(GO) vet ./... && $(GO) test -timeout 5m ./...
	cd tools/lint && $(GO) run ./licences -root ../.. -check
	@$(MAKE) --no-print-directory vulnerable

# Modules as they were published: go.sum holds their sums, and what lies in the cache must have them.
verified:
	@for m in . tools tools/lint tools/vulndb; do (cd $$m && said=$$($(GO) mod verify) && echo "$$m: $$said") || exit 1; done

# The database of known vulnerabilities: a folder with a file for each, or an address. It is the one that tools/vulndb/go.mod pins, so
# that nothing but Go modules is fetched; VULNDB=https://vuln.go.dev asks for the newest.
VULNDB ?=

vulnerable: bin/govulncheck ## known vulnerabilities that the programs call; VULNDB=https://vuln.go.dev by the newest list
	@db="$(VULNDB)"; test -n "$$db" || { (cd tools/vulndb && $(GO) mod download golang.org/x/vulndb) && db=$$(cd tools/vulndb && $(GO) list -m -f '{{.Dir}}' golang.org/x/vulndb)/data/osv; } || exit 1; \
		cd tools/lint && $(GO) run ./vulnerable -root ../.. -govulncheck $(CURDIR)/bin/govulncheck -db "$$db" $(PROGRAMS:%=./%)

licences: ## write docs/licences.md, the list of the modules in the programs
	cd tools/lint && $(GO) run ./licences -root ../..

# Each of both builds has a folder and a cache of its own, so that nothing of one can be in the other.
reproducible: ## build all programs twice from nothing in two folders, about 6 minutes: they must be the same, byte for byte
	@set -e; work=$$(mktemp -d); trap 'chmod -R u+w "$$work"; rm -rf "$$work"' EXIT; \
	for n in one the/other; do mkdir -p "$$work/$$n/src" "$$work/$$n/bin"; git ls-files -z --cached --others --exclude-standard | tar -c --null -T - --ignore-failed-read | tar -x -C "$$work/$$n/src"; \
		(cd "$$work/$$n/src" && GOCACHE="$$work/$$n/cache" $(BUILD) -ldflags '$(LDFLAGS)' -o "$$work/$$n/bin/" $(PROGRAMS:%=./%)); done; \
	cd "$$work/one/bin" && sha256sum $(PROGRAMS) && sha256sum $(PROGRAMS) >"$$work/sums" && cd "$$work/the/other/bin" && sha256sum -c "$$work/sums"

# The program that builds images: docker, podman, or whatever takes the same arguments.
DOCKER ?= docker

# What the image holds, as a folder. The programs are static and bring authorities and time zones themselves. Its user is nobody in particular:
# whatever the umask is here, he may read and run them.
image-files:
	@rm -rf bin/image && mkdir -p bin/image/usr/local/bin bin/image/etc/datawald bin/image/usr/share/doc/datawald bin/image/var/lib/datawald
	@GOOS=linux $(BUILD) -ldflags '$(LDFLAGS)' -o bin/image/usr/local/bin/ $(PROGRAMS:%=./%)
	@cp rules.example.yaml bin/image/etc/datawald/
	@cd tools/lint && $(GO) run ./licences -root ../.. -check -texts ../../bin/image/usr/share/doc/datawald/licences.txt
	@chmod -R u=rwX,go=rX bin/image && chmod 1777 bin/image/var/lib/datawald

image: image-files ## the image of docker-compose.yml, out of what make has built: nothing is fetched
	$(DOCKER) build --network none -t datawald:local -f deploy/image/Dockerfile bin/image

clean-data: ## forget all orders of the sandbox
	rm -rf data

clean: clean-data ## forget the built programs too
	rm -rf bin
