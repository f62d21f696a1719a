# A release names it by its digest: docs/releasing.md.
ARG BASE=node:26-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
RUN npm ci
COPY tsconfig.json vite.config.ts LICENSE ./
COPY scripts ./scripts
COPY src ./src
COPY web ./web
COPY card ./card
COPY blueprints ./blueprints
# Node, the libraries it needs and the bridge: nothing else is in the image, not even a shell (decision 0018).
RUN npm run build && node scripts/runtime-root.ts /runtime

FROM scratch
COPY --from=build --chown=0:0 /runtime/root/ /
COPY --from=build --chown=1000:0 /runtime/given/ /
WORKDIR /app
# One pool of memory for all threads: what one of them has freed is used again by the others.
ENV PATH=/usr/local/bin:/usr/bin:/bin \
    NODE_ENV=production \
    container=oci \
    MALLOC_ARENA_MAX=1 \
    MONZO_BRIDGE_DATA_DIR=/data \
    MONZO_BRIDGE_UI_HOST=0.0.0.0 \
    MONZO_BRIDGE_PUBLIC_HOST=0.0.0.0
VOLUME /data
# 8099: private, for the home network at most. 8098: what Monzo and the sign-in may reach.
EXPOSE 8098 8099
# No USER: as an app it is given a directory of root, gives it to user 1000 and becomes that user (src/container.ts).
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/app/bin/monzo-bridge.js", "healthy"]
ENTRYPOINT ["node", "/app/bin/monzo-bridge.js"]
CMD ["start"]
# Changes with every build, so it comes last.
ARG VERSION=unreleased
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=
ARG HASS_ARCH=amd64
LABEL org.opencontainers.image.title="Monzo bridge" \
      org.opencontainers.image.description="Connects Monzo bank logins to Home Assistant, MQTT and HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.url="${SOURCE}" \
      io.hass.type="app" \
      io.hass.name="Monzo bridge" \
      io.hass.description="Connects Monzo bank logins to Home Assistant" \
      io.hass.version="${VERSION}" \
      io.hass.arch="${HASS_ARCH}"
