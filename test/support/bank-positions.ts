import { alex } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { switchPositions, type SwitchName, type Switches } from '../../sim/switches.ts';
import type { QuestionName } from '../../src/domain/bank-questions.ts';
import { worldWithAlex } from './money.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** What the bridge notes for a position of a switch: a question and what is noted of it; null where nothing can be seen. */
export type Noted = readonly [QuestionName, string] | null;

/** Each position of a switch, in its order, with what is noted. */
type Row<Name extends SwitchName> = Each<(typeof switchPositions)[Name]>;
type Each<Positions extends readonly unknown[]> = { readonly [Place in keyof Positions]: Noted };

/** Switches that are seen together: in each run every one of them is turned by one. */
export interface Sight {
  readonly what: string;
  readonly rows: { readonly [Name in SwitchName]?: Row<Name> };
  readonly fixed?: Partial<Switches>;
  /** Questions of which several positions may be noted in one run. */
  readonly several?: readonly QuestionName[];
  readonly open?: (options: WorldOptions) => Promise<World>;
  readonly settings?: WorldOptions['settings'];
  readonly play: (world: World) => Promise<void>;
}

/** What was noted, by question. */
export async function notedIn(world: World): Promise<ReadonlyMap<QuestionName, readonly string[]>> {
  const answer = await world.api('/api/bank-positions');
  const { items } = (await answer.json()) as {
    readonly items: readonly {
      readonly question: QuestionName;
      readonly positions: readonly { readonly position: string }[];
    }[];
  };
  return new Map(
    items.map(({ question, positions }) => [question, positions.map(({ position }) => position)]),
  );
}

export const openWithAlex = (options: WorldOptions): Promise<World> => worldWithAlex(options);
export const openAlone = (options: WorldOptions): Promise<World> => createWorld(options);

/** The runs of a sight: the positions of its switches, and what must be noted and what must not. */
export function runsOf({ rows, fixed, several = [] }: Sight) {
  const names = Object.keys(rows) as SwitchName[];
  const most = Math.max(...names.map((name) => switchPositions[name].length));
  return Array.from({ length: most }, (_, run) => {
    const places = names.map((name) => [name, run % switchPositions[name].length] as const);
    const noted = ([name, place]: readonly [SwitchName, number]) =>
      (rows[name] as readonly Noted[] | undefined)?.[place] ?? null;
    const others = places.flatMap(([name, place]) =>
      switchPositions[name].map((_position, other) => (other === place ? null : noted([name, other]))),
    );
    const wanted = places.map(noted).filter((one) => one !== null);
    return {
      switches: {
        ...fixed,
        ...Object.fromEntries(places.map(([name, place]) => [name, switchPositions[name][place]])),
      },
      wanted,
      unwanted: others
        .filter((one) => one !== null)
        .filter(([question]) => !several.includes(question))
        .filter(([question, position]) => !wanted.some(([q, p]) => q === question && p === position)),
    };
  });
}

/** One list more, as a person would ask for it. */
export async function look(world: World): Promise<void> {
  const asked = world.api('/api/commands/refresh', {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  let isOver = false;
  void asked.finally(() => (isOver = true));
  await world.until('the bridge has looked', () => isOver);
}

export const shop = (world: World, amount: number, more: { readonly createdMs?: number } = {}): string =>
  world.bank.purchase(alex.current, { amount, merchant: `Shop ${amount}`, ...more });

export const withAddress = { MONZO_BRIDGE_PUBLIC_URL: 'https://bänk.Home.example/Bridge%20A' };
export const slowly = { MONZO_BRIDGE_POLL_SECONDS: '900' };

export async function pass(world: World, ms: number, step = minute): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) await world.clock.advance(step);
}

/** Has the bank call the webhooks. */
export function rung({ bank, faults, clock, fetchFromOutside }: World) {
  return startWebhookSender({ bank, faults, clock, fetch: fetchFromOutside });
}
