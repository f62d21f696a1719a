import { createFakeClock, type FakeClock } from '../../sim/fake-clock.ts';
import type { ActionSettings, Decision } from '../../src/outputs/home-assistant/actions/actions.ts';
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
import { someInstant } from '../support/snapshot-samples.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { inSteps, quiet, until } from '../support/until.ts';

export const webhookIds = { redirect: 'd'.repeat(64), doorbell: 'b'.repeat(64) } as const;

/** The bridge's part inside Home Assistant, in front of a fake one and on a clock that tests move. */
export interface Bench extends AsyncDisposable {
  readonly fake: FakeHomeAssistant;
  readonly clock: FakeClock;
  readonly connection: HomeAssistantConnection;
  readonly output: HomeAssistantOutput;
  readonly callbacks: RedirectCallback[];
  readonly rings: string[];
  readonly logged: string[];
  /** What a person decided; changed by tests. */
  decision: Decision;
  /** How often something was said to have changed. */
  changes(): number;
  /** Moves the clock in small steps until the condition holds. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Moves the clock by so much, with time for the network in between. */
  pass(ms: number): Promise<void>;
}

export interface BenchOptions {
  readonly basePath?: string;
  readonly token?: string;
  readonly actions?: Partial<ActionSettings>;
  /** What Home Assistant is like before anybody connects. */
  readonly prepare?: (fake: FakeHomeAssistant) => void | Promise<void>;
}

export async function startBench({ basePath, token, actions, prepare }: BenchOptions = {}): Promise<Bench> {
  const fake = await startFakeHomeAssistant(basePath);
  await prepare?.(fake);
  const clock = createFakeClock(someInstant);
  const callbacks: RedirectCallback[] = [];
  const rings: string[] = [];
  const logged: string[] = [];
  let changes = 0;
  const note = (sentence: string, fields?: unknown) => void logged.push(JSON.stringify([sentence, fields]));
  const given = {
    url: fake.url,
    token: token ?? fake.world.token,
    clock,
    log: { info: note, warn: note },
  };
  const onChange = () => {
    changes += 1;
  };
  const connection = createHomeAssistantConnection({ ...given, webhookIds, random: () => 0.5 });
  connection.onCallback((callback) => callbacks.push(callback));
  connection.onRing(({ accountId, transactionId }) =>
    rings.push(transactionId === null ? accountId : `${accountId} ${transactionId}`),
  );
  connection.onChange(onChange);
  const output = createHomeAssistantOutput({
    ...given,
    connection,
    ...loneOutput('this-bridge', { creation: 'ask', decision: () => bench.decision, ...actions }),
    onChange,
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= step) {
      await quiet(3);
      await clock.advance(Math.min(left, step));
    }
    await quiet(3);
  };
  const bench: Bench = {
    decision: 'not_asked',
    fake,
    clock,
    connection,
    output,
    callbacks,
    rings,
    logged,
    changes: () => changes,
    pass,
    until: (what, condition) => until(what, condition, { between: inSteps(clock, 100) }),
    async [Symbol.asyncDispose]() {
      await output.close();
      await connection.close();
      await fake.stop();
    },
  };
  return bench;
}

/** Shorter than the patience with which any answer is waited for. */
const step = 5_000;
