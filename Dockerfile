# mooring as an image: only one static program and the root certificates for TLS, no shell and no packages.
# It listens on 8080 as user 65532, and writes only to SNAPSHOT_FILE, if that is set, and to /tmp while it reads what a
# stack is made of.

# Tag and digest belong together: the digest decides, and Dependabot moves both.
FROM --platform=$BUILDPLATFORM golang:1.26.9-bookworm@sha256:d9c68c2c51161e12fd77e4c6320687c9cd86e1af1e3ad6e6cd63ff970641453c AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
# The image's file system. The home directory will belong to mooring: a new volume gets its owner from it.
RUN mkdir -p /image/etc/ssl/certs /image/usr/share/doc/mooring /home/mooring && mkdir -m 1777 /image/tmp && \
    cp LICENSE /image/usr/share/doc/mooring/ && \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ && \
    echo 'mooring:x:65532:65532:mooring:/var/lib/mooring:/sbin/nologin' >/image/etc/passwd && \
    echo 'mooring:x:65532:' >/image/etc/group
ARG TARGETOS TARGETARCH
# -trimpath and -buildid= keep the place and the time of the build out of the program: one commit, one program. The
# commit comes in with .git, for -version. An arm build is for ARMv7, Go's default when it builds for another machine.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags='-s -w -buildid=' -o /image/mooring . && \
    packaging/licenses >/image/usr/share/doc/mooring/third-party-licenses.txt

FROM scratch
LABEL org.opencontainers.image.title="mooring" \
      org.opencontainers.image.description="Serves the desired state of docker-compose stacks in a Git repository" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /home/mooring /var/lib/mooring
# A number, so that Kubernetes can see that the user is not root.
USER 65532:65532
EXPOSE 8080
# Healthy means listening: a Git host that is down is no reason to restart the container. /readyz tells of the refresh.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/mooring", "-healthcheck"]
ENTRYPOINT ["/mooring"]
