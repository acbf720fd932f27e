# One image with all four programs: worker, starter, gateway and sandbox. The command says which of them runs.
# The build needs both base images and the Go modules of go.mod, and nothing else from outside.

FROM golang:1.26.5-alpine3.24 AS build
# Where Go modules come from, for machines behind a proxy of their own: --build-arg GOPROXY=...
ARG GOPROXY
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-trimpath -buildvcs=false"
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# Folder by folder, so that no secret, no .env and no data of the working copy gets into a layer.
COPY activities/ activities/
COPY alarm/ alarm/
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
RUN go build -ldflags="-s -w -X datawald/version.number=${VERSION} -X datawald/version.revision=${REVISION}" -o /out/ ./worker ./starter ./gateway ./sandbox

# A shell is here for with-secrets.sh, and wget for the health checks; the programs themselves need neither.
FROM alpine:3.22.2
RUN addgroup -S -g 10001 datawald \
    && adduser -S -D -H -u 10001 -G datawald datawald \
    && mkdir -p /etc/datawald /var/lib/datawald \
    && chown datawald:datawald /var/lib/datawald
COPY --from=build /out/ /usr/local/bin/
COPY --chmod=0755 deploy/scripts/with-secrets.sh /usr/local/bin/with-secrets
COPY rules.example.yaml /etc/datawald/
USER 10001:10001
WORKDIR /etc/datawald
ENTRYPOINT ["with-secrets"]
CMD ["worker"]
