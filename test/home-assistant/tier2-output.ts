import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/clock.ts';
import type { RedirectCallback } from '../../src/outputs/home-assistant/webhooks.ts';
import {
  createHomeAssistantConnection,
  type HomeAssistantConnection,
} from '../../src/outputs/home-assistant/home-assistant-connection.ts';
import {
  createHomeAssistantOutput,
  type HomeAssistantOutput,
} from '../../src/outputs/home-assistant/home-assistant-output.ts';
import { loneOutput } from '../support/lone-output.ts';
import { until as untilThere } from '../support/until.ts';
import type { Rig } from './rig.ts';

/** The bridge's part inside Home Assistant on its own, and everything it heard and said. */
export interface Tier2 {
  readonly connection: HomeAssistantConnection;
  readonly output: HomeAssistantOutput;
  readonly webhookIds: { readonly redirect: string; readonly doorbell: string };
  readonly callbacks: RedirectCallback[];
  readonly rings: string[];
  readonly logged: string[];
}

export function connectTier2({ homeAssistant }: Rig): Tier2 {
  const callbacks: RedirectCallback[] = [];
  const rings: string[] = [];
  const logged: string[] = [];
  const webhookIds = { redirect: randomBytes(32).toString('hex'), doorbell: randomBytes(32).toString('hex') };
  const note = (sentence: string, fields?: unknown) => void logged.push(JSON.stringify([sentence, fields]));
  const given = {
    url: homeAssistant.url,
    token: homeAssistant.token,
    clock: systemClock,
    log: { info: note, warn: note },
  };
  const connection = createHomeAssistantConnection({ ...given, webhookIds, random: Math.random });
  connection.onCallback((callback) => callbacks.push(callback));
  connection.onRing(({ accountId }) => rings.push(accountId));
  const output = createHomeAssistantOutput({
    ...given,
    connection,
    ...loneOutput('rig'),
    onChange: () => {},
  });
  return { connection, output, webhookIds, callbacks, rings, logged };
}

/** Waits for what has to come; while Home Assistant does not answer it has not come. */
export function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const isThere = async () => condition();
  return untilThere(what, () => isThere().catch(() => false), { between: () => systemClock.wait(50) });
}
