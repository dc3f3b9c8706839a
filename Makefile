# The verbs of this repository; "make help" lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MVN := mvn -B -q $(MVNFLAGS)
PROGRAMS := operator node-agent sandbox
FAMILY ?= 4
TOPOLOGY ?= flat
VERSION := $(shell sed -n "s|^  <version>\(.*\)</version>|\1|p" pom.xml)

# Before a step that takes a while, its line; not with "make -s" and not in CI, which has lines of its own.
QUIET = $(CI)$(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
announce = $(if $(QUIET),:,echo "== $(1)" >&2)

help: ## list the verbs
	@grep -hE '^[a-z][a-z0-9-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: build needs ## the main job: a three-node cluster in network namespaces, checked step by step (FAMILY=4, 6 or 46; TOPOLOGY=routed: node3 behind a router, through a tunnel)
	@bin/sandbox demo --family $(FAMILY) --topology $(TOPOLOGY)

test: needs build test-unit test-plugin test-kernel test-system ## the tests: units, CNI plugin, kernel, whole system

build: needs-build plugin build/stamp ## the programs and the CNI plugin

.PHONY: help demo test build needs needs-build plugin test-unit test-plugin test-kernel test-system test-long scale mutants model e2e e2e-matrix image image-rootfs bench classes crds docs golden format check words clean

needs-build:
	@tools/needs java:openjdk-17-jdk-headless mvn:maven cc:gcc musl-gcc:musl-tools

needs:
	@tools/needs ip:iproute2 nft:nftables ping:iputils-ping unshare:util-linux setpriv:util-linux

plugin: needs-build
	@$(MAKE) -s -C node-agent/src/main/c OUT=$(CURDIR)/build/cni
	@$(MAKE) -s -C sandbox/src/main/c OUT=$(CURDIR)/build/sandbox

SOURCES := $(shell find . -path ./.git -prune -o \( -name '*.java' -o -name 'pom.xml' \) -print -o -path '*/src/main/resources/*' -type f -print 2>/dev/null)

build/stamp: $(SOURCES) tools/assemble node-agent/classes.list image/classes.list
	@mkdir -p build
	@$(call announce,the Java programs: about a minute; the first time Maven also downloads some 100 MB of libraries)
	@$(MVN) -DskipTests package
	@$(call announce,class-data archives of operator and agent: about 10 seconds)
	@tools/assemble $(PROGRAMS)
	@touch $@

test-unit: ## fast tests, beside the code
	@$(call announce,unit tests: about 3 minutes)
	@mvn -B $(MVNFLAGS) test

test-plugin: plugin ## the C plugin's tests, with sanitizers and a bounded fuzz run
	@tools/needs strace:strace unshare:util-linux
	@$(call announce,tests of the CNI plugin: about a minute)
	@$(MAKE) -s -C node-agent/src/main/c test

test-kernel: build needs ## tests on the real kernel, each JVM in a network namespace of its own
	@tools/needs sysctl:procps ip6tables-nft:iptables
	@$(call announce,kernel tests: about 8 minutes)
	@mvn -B $(MVNFLAGS) -Pkernel test

test-system: build needs ## whole clusters in network namespaces
	@$(call announce,system tests: about 10 minutes)
	@mvn -B $(MVNFLAGS) -Psystem test

test-long: build needs ## the system tests that take minutes each, before a release: restores of etcd, tunnels with a kube-apiserver
	@$(call announce,long system tests: about 8 minutes)
	@mvn -B $(MVNFLAGS) -Psystem -Dweft.system.groups=system-long test

scale: build needs ## an operator and thousands of nodes on a real API server, with its requests, bytes and seconds
	@$(call announce,an operator in large clusters: about 15 minutes)
	@mvn -B $(MVNFLAGS) -Psystem -Dweft.system.groups=scale -pl system-tests -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ScaleApiTest test

mutants: needs-build ## mutation testing of core: what no test notices, and the share that is noticed (PACKAGE=net: one package)
	@mkdir -p build
	@$(call announce,mutation testing of core: about 10 minutes)
	@tools/mutants "$(PACKAGE)" build/mutants.log $(MVN)

model: ## model checking of a block's life with spin: every order of events, and that each broken rule is noticed
	@tools/needs spin:spin cc:gcc
	@$(call announce,model checking: about half a minute)
	@tools/model docs/models/block-states.pml build/model

bench: build needs ## ADD, DEL, CHECK and VERSION beside the reference plugins and the kernel's floor (QUICK=1: a short run)
	@tools/needs $${CNI_PLUGINS_DIR:-/usr/lib/cni}/bridge:containernetworking-plugins
	@bench/run

classes: build ## record the classes that operator and agent load, for their class-data archives
	@tools/classes

crds: ## write the generated CRDs, also into the chart
	@mvn -B -q -pl crds -am -Dweft.write=true test
	@cp crds/*.yaml helm/weft/crds/

docs: ## write the generated documentation
	@$(MVN) -pl system-tests -am -Dweft.write=true -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ConfigurationDocTest,ResourcesDocTest test

golden: ## write what the chart becomes, which the tests compare it with (needs helm)
	@$(MVN) -pl system-tests -am -Dweft.write=true -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ChartTemplatesTest test

format: ## format the Java sources
	@$(MVN) spotless:apply

check: words ## format, generated files, and words with a plainer term
	@$(MVN) spotless:check

words: ## words that have a plainer term in this field (tools/words.allowed: exceptions)
	@tools/words

clean: ## remove what was built
	@$(MVN) clean
	@rm -rf build

TAG ?= cluster
e2e: needs-build ## the tests on the cluster that KUBECONFIG names, whose nodes have the image (needs kubectl and helm; TAG=smoke: a few of them)
	@mvn -B $(MVNFLAGS) -Pcluster -Dweft.cluster.groups=$(TAG) -pl system-tests -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest='dev.weft.cluster.*Test' test

e2e-matrix: image ## a cluster in two subnets for each family, kube-proxy mode and routing, one after another: about an hour (FAMILIES=, MODES=, ROUTINGS=)
	@FAMILIES="$(FAMILIES)" MODES="$(MODES)" ROUTINGS="$(ROUTINGS)" .ci/matrix

image: build ## the container image of operator and agent, build/image/weft.tar, without registry and daemon
	@tools/needs jlink:openjdk-17-jdk-headless nft:nftables setarch:util-linux
	@QUIET=$(QUIET) image/build $(VERSION)

image-rootfs: build # what is in the image, as a directory: for the Dockerfile
	@QUIET=$(QUIET) image/build $(VERSION) rootfs
