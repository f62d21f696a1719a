# A release names it by its digest: docs/releasing.md.
ARG BASE=node:26-slim

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
RUN npm ci
COPY tsconfig.json vite.config.ts ./
COPY scripts ./scripts
COPY src ./src
COPY web ./web
RUN npm run build

FROM ${BASE}
WORKDIR /app
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
RUN install -d -m 0700 -o node -g node /data && install -d -o node -g node dist/compiled
# One pool of memory for all threads: what one of them has freed is used again by the others.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    MONZO_BRIDGE_DATA_DIR=/data \
    MONZO_BRIDGE_UI_HOST=0.0.0.0 \
    MONZO_BRIDGE_PUBLIC_HOST=0.0.0.0
# The engine keeps compiled code by user: node compiles it, and then nobody can change it. Nothing is started.
USER node
RUN node --input-type=module --eval "process.argv.push('', '--version'); \
  for (const part of ['launch', 'main', 'private', 'public']) await import('/app/dist/' + part + '.js')"
USER root
RUN chown -R root:root dist/compiled && chmod -R a+rX dist/compiled
USER node
VOLUME /data
# 8099: private, for the home network at most. 8098: what Monzo and the sign-in may reach.
EXPOSE 8098 8099
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MONZO_BRIDGE_UI_PORT || 8099}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/monzo-bridge.js"]
CMD ["start"]
