import type { CommandTable } from '../commands/command.ts';
import { chosenSettings } from '../config.ts';
import type { PartHealth, View } from '../domain/view.ts';
import { createPseudonyms } from '../http/diagnostics.ts';
import { createIngress } from '../http/request-origin.ts';
import type { Metrics } from '../http/metrics.ts';
import { createPrivateApp } from '../http/private.ts';
import { createPublicApp } from '../http/public.ts';
import { listen, portOf, type Listeners } from '../http/server.ts';
import type { Services } from '../http/services.ts';
import type { SignInCodes } from '../http/page-sessions.ts';
import { transactionNamedIn } from '../ingest/doorbell.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { removeLogin } from '../ingest/poller-pool.ts';
import type { HomeAssistantPresence } from '../outputs/home-assistant-presence.ts';
import type { HomeAssistantConnection } from '../outputs/home-assistant/home-assistant-connection.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant-output.ts';
import type { LiveOutput } from '../outputs/live/live.ts';
import type { OutputManager } from '../outputs/manager.ts';
import type { Bank } from './bank.ts';
import { createActionsConsent } from './home-assistant-composition.ts';
import type { MoneyRecords } from './money.ts';
import type { AppOptions, Opened } from './opened.ts';

/** All that the listeners offer or show. */
export interface ListenerParts extends Opened, Bank, MoneyRecords {
  readonly options: AppOptions;
  readonly startedAt: number;
  readonly metrics: Metrics;
  readonly ingest: Ingest;
  readonly commands: CommandTable;
  readonly connection: HomeAssistantConnection | null;
  readonly homeAssistant: HomeAssistantOutput | null;
  readonly presence: HomeAssistantPresence;
  readonly live: LiveOutput;
  readonly outputs: OutputManager;
  readonly codes: SignInCodes;
  readonly view: () => View;
  readonly health: () => readonly PartHealth[];
  readonly signInLink: () => string;
}

/** Opens both listeners or none. Throws what `listen` throws. */
export async function openListeners(parts: ListenerParts): Promise<Listeners> {
  const { config, clock, log, secrets, randomBytes, supervisor, webDirectory } = parts.options;
  const services = servicesOf(parts);
  const publicApp = await createPublicApp({ services, log });
  const privateApp = await createPrivateApp({
    services,
    config,
    clock,
    log,
    randomBytes,
    scrub: (text) => secrets.scrub(text),
    webDirectory,
    adminToken: parts.adminToken,
    codes: parts.codes,
    ingress: createIngress(supervisor),
    publicPort: () => portOf(publicApp),
  });
  return listen({ privateApp, publicApp, config });
}

function servicesOf(parts: ListenerParts): Services {
  const { options, registry, pool, subscriptions, doorbell, store, reader, outputs, presence, metrics } =
    parts;
  const { clock, config, log, version } = options;
  const transactions = async () => {
    const counts = await reader.ask('counts', null);
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  };
  return {
    version,
    registry,
    signIn: parts.signIn,
    store,
    rails: parts.rails,
    moneyPause: parts.moneyPause,
    reader,
    live: parts.live,
    view: parts.view,
    health: parts.health,
    sinks: () => outputs.sinks(),
    retryParked: (choice) => outputs.retry(choice),
    homeAssistant: presence,
    reload: async (loginId) => {
      await pool.pollNow(registry.get(loginId).id);
      return registry.get(loginId);
    },
    removeLogin: async (loginId, keepHistory) => {
      await removeLogin({ ...parts, clock, log: log.for('logins') }, { loginId, keepHistory });
      outputs.renderSoon();
    },
    homeAssistantRedirect: () => parts.connection?.redirectUri() ?? null,
    loginOfState: (state) => store.authorisations.ownerOf(state),
    accountOfKey: (key) => doorbell.accountOf(key),
    ring: (accountId, body) => doorbell.ring(accountId, transactionNamedIn(body, accountId)),
    commands: parts.commands,
    actions: createActionsConsent({ config, settings: store.settings, homeAssistant: parts.homeAssistant }),
    subscriptions: () => subscriptions.all(),
    webhooksOf: (loginId) => subscriptions.countFor(loginId),
    approvalRenewed: (loginId) => registry.approvalRenewed(loginId),
    signInLink: parts.signInLink,
    metrics: async () =>
      metrics.text({
        undelivered: outputs.undelivered(),
        health: parts.health(),
        // One figure that cannot be read is no reason to withhold the others.
        transactions: await transactions().catch(() => null),
      }),
    calls: () => metrics.calls(),
    startedAt: parts.startedAt,
    callsOf: (loginId) => registry.transport(loginId).health(),
    doorbells: () => doorbell.activity(),
    settings: () => chosenSettings(config),
    pseudonymOf: createPseudonyms(parts.secretKey),
  };
}
