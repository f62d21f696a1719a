import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/clock.ts';
import type { RedirectCallback } from '../../src/outputs/home-assistant/redirect.ts';
import {
  createHomeAssistantOutput,
  type HomeAssistantOutput,
} from '../../src/outputs/home-assistant/home-assistant.ts';
import type { Rig } from './rig.ts';

/** The bridge's part inside Home Assistant on its own, and everything it heard and said. */
export interface Tier2 {
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
  const output = createHomeAssistantOutput({
    url: homeAssistant.url,
    token: homeAssistant.token,
    webhookIds,
    clock: systemClock,
    random: Math.random,
    log: { info: note, warn: note },
    actions: {
      commands: new Map(),
      bridge: 'rig',
      creation: 'off',
      money: 'administrators',
      decision: () => 'not_asked',
    },
    onCallback: (callback) => callbacks.push(callback),
    watches: () => true,
    statesSettled: async () => {},
    outageAfter: 1_200_000,
    onRing: ({ accountId }) => rings.push(accountId),
    onChange: () => {},
  });
  return { output, webhookIds, callbacks, rings, logged };
}

/** Waits at most two minutes. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    if (await Promise.resolve(condition()).catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`did not happen in time: ${what}`);
    await systemClock.wait(50);
  }
}
