# syntax=docker/dockerfile:1
# The image of operator and agent for those who have docker: the same layout as `make image` makes, which needs none.
#   docker build -t weft.dev/weft:0.1.0 .
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      openjdk-17-jdk-headless maven gcc libc6-dev make musl-tools nftables util-linux
WORKDIR /src
COPY . .
RUN make image-rootfs

FROM scratch
LABEL org.opencontainers.image.title="Weft" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/sbin:/usr/bin:/opt/java/bin
COPY --from=build /src/build/image/rootfs/ /
