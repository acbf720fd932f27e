# One image with all four programs: worker, starter, gateway and sandbox. The command says which of them runs.
#
# The build needs the image of Go and the Go modules of go.mod, and nothing else from outside. `make image` needs neither: it puts programs that
# are built already into the same image (deploy/image/Dockerfile).

FROM golang:1.26.9-alpine3.24 AS build
# Where Go modules come from, for machines behind a proxy of their own: --build-arg GOPROXY=...
ARG GOPROXY
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-trimpath -buildvcs=false"
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# Folder by folder, so that no secret, no .env and no data of the working copy gets into a layer.
COPY activities/ activities/
COPY alive/ alive/
COPY config/ config/
COPY gateway/ gateway/
COPY magento/ magento/
COPY mapping/ mapping/
COPY order/ order/
COPY preview/ preview/
COPY punctual/ punctual/
COPY rulebook/ rulebook/
COPY sandbox/ sandbox/
COPY sapb1/ sapb1/
COPY standalone/ standalone/
COPY starter/ starter/
COPY store/ store/
COPY telemetry/ telemetry/
COPY version/ version/
COPY visibility/ visibility/
COPY watch/ watch/
COPY worker/ worker/
COPY workflows/ workflows/
# What the programs say of themselves: --build-arg VERSION=v1.4.0 --build-arg REVISION=$(git rev-parse HEAD)
ARG VERSION=devel
ARG REVISION=unknown
RUN go build -ldflags="-s -w -X datawald/version.number=${VERSION} -X datawald/version.revision=${REVISION}" -o /out/usr/local/bin/ ./worker ./starter ./gateway ./sandbox
COPY rules.example.yaml /out/etc/datawald/
COPY docs/licences.md /out/usr/share/doc/datawald/
RUN mkdir -p /out/var/lib/datawald && chown 10001:10001 /out/var/lib/datawald

# Nothing but the programs: no shell, no package, nothing to keep up to date. They bring authorities and time zones themselves.
FROM scratch
COPY --from=build /out/ /
ENV PATH=/usr/local/bin
USER 10001:10001
WORKDIR /etc/datawald
CMD ["worker"]
