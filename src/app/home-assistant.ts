import type { Clock } from '../clock.ts';
import type { CommandTable } from '../commands/command.ts';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { durations, outage } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import type { SignIn } from '../logins/sign-in.ts';
import type { Ring } from '../outputs/home-assistant/doorbell.ts';
import type { ExpectedHomeAssistant } from '../outputs/expected.ts';
import {
  bridgeIdFrom,
  createHomeAssistantOutput,
  webhookIdsFrom,
  type HomeAssistantOutput,
} from '../outputs/home-assistant/home-assistant.ts';
import { isEventEntity } from '../outputs/mqtt/entities.ts';
import type { Store } from '../store/store.ts';
import { decisionOf } from './home-assistant-actions.ts';

export interface HomeAssistantParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly secretKey: Uint8Array;
  readonly store: Store;
  readonly signIn: SignIn;
  readonly commands: CommandTable;
  /** Looks at an account, if there is one with this id. */
  readonly ring: (ring: Ring) => void;
  /** Home Assistant's webhooks work from now on: what was rung meanwhile is lost, so somebody has to look. */
  readonly onListening: () => void;
  readonly onChange: () => void;
  readonly expected: ExpectedHomeAssistant;
  /** Resolves when the balances shown so far are on their way. */
  readonly statesSettled: () => Promise<void>;
}

/** The part inside Home Assistant, where an address and a token are set; null otherwise. */
export function attachHomeAssistant(parts: HomeAssistantParts): HomeAssistantOutput | null {
  const { config, clock, random, log, secrets, store, signIn, ring } = parts;
  const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token } = config;
  if (url === null || token === null) return null;
  const webhookIds = webhookIdsFrom(parts.secretKey);
  for (const id of Object.values(webhookIds)) secrets.conceal(id);
  let before = '';
  const output = createHomeAssistantOutput({
    url,
    token,
    webhookIds,
    clock,
    random,
    log: log.for('home_assistant'),
    actions: {
      commands: parts.commands,
      bridge: bridgeIdFrom(parts.secretKey),
      creation: config.HOME_ASSISTANT_ACTIONS,
      money: config.HOME_ASSISTANT_MONEY,
      decision: () => decisionOf(store.settings),
    },
    onCallback: (callback) => {
      // Only looks first: strangers must not be able to keep the database writing.
      if (callback.state === null || store.authorisations.ownerOf(callback.state) === null) return;
      // Nobody sees an answer there: what went wrong stands at the login, or in the log.
      signIn.callback(callback).catch((thrown: unknown) => log.for('logins').warn(messageOf(thrown)));
    },
    onRing: ring,
    watches: isEventEntity,
    statesSettled: parts.statesSettled,
    outageAfter: Math.max(outage.after, 2 * durations.second * (config.POLL_SECONDS ?? 0)),
    onChange: () => {
      const now = output.isListening() ? (output.webhookUrl() ?? '') : '';
      if (now !== '' && now !== before) parts.onListening();
      before = now;
      parts.onChange();
    },
  });
  output.client.onSession(() => parts.expected.saw());
  return output;
}
