import { loadavg } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { benchAnswers } from './answers.ts';
import { callsADay } from './calls.ts';
import { deliveryOver } from './delivery.ts';
import { deliveryToHomeAssistant } from './home-assistant.ts';
import { measureHops } from './hops.ts';
import { ringsInLargeLedger } from './large.ts';
import { benchLedger } from './ledger.ts';
import { benchThousandLogins } from './logins.ts';
import { machine, printTable, type Line, type Repeated } from './measure.ts';
import { moves } from './moves.ts';
import { benchPage } from './page.ts';
import { packProgram, type Program } from './program.ts';
import { benchReading } from './reading.ts';
import type { RingSetting } from './rings.ts';
import { idle, startAndMemory } from './start.ts';

type Bench = (program: Program) => Promise<readonly Line[]>;

const { values: options, positionals: requested } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    runs: { type: 'string', default: '3' },
    long: { type: 'boolean', default: false },
  },
});

/** By the end of the names of what is measured in them. */
const settings: Readonly<Record<string, RingSetting>> = {
  '': { bankAt: 0, recentRows: 10 },
  '-slow': { bankAt: 150, recentRows: 10 },
  '-rows': { bankAt: 0, recentRows: 3_000 },
  '-slow-rows': { bankAt: 150, recentRows: 3_000 },
};
const inEach = (name: string, bench: (setting: RingSetting) => Bench) =>
  Object.fromEntries(Object.entries(settings).map(([end, setting]) => [name + end, bench(setting)]));

/** Run several times, with `--against` in turn for two programs; the table shows medians. */
const compared: Readonly<Record<string, Bench>> = {
  ...inEach('home-assistant', deliveryToHomeAssistant),
  ...inEach('delivery', (setting) => deliveryOver('Mosquitto', setting)),
  ...inEach('embedded', (setting) => deliveryOver('embedded broker', setting)),
  hops: measureHops,
  moves: moves({ bankAt: 0 }),
  'moves-slow': moves({ bankAt: 150 }),
  start: startAndMemory(options.long ? idle.long : idle.short),
  calls: callsADay,
  large: ringsInLargeLedger,
};

/** Their figures are the same each time. */
const once = new Set(['calls']);

/** Run once, for this checkout alone; each prints its own figures. */
const single: Readonly<Record<string, () => Promise<void>>> = {
  answers: benchAnswers,
  logins: benchThousandLogins,
  ledger: benchLedger,
  reading: benchReading,
  page: benchPage,
};

const names = [...Object.keys(compared), ...Object.keys(single)];
/** A name, or the beginning of names with a star after it. */
const isMeant = (name: string, asked: string) =>
  asked.endsWith('*') ? name.startsWith(asked.slice(0, -1)) : name === asked;
const unknown = requested.filter((asked) => !names.some((name) => isMeant(name, asked)));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(', ')}; there are ${names.join(', ')}.\n`);
  process.exit(2);
}
const isChosen = (name: string) => requested.length === 0 || requested.some((asked) => isMeant(name, asked));

await runCompared(Object.entries(compared).filter(([name]) => isChosen(name)));
for (const [name, bench] of Object.entries(single)) if (isChosen(name)) await bench();
// Whatever a bench has left open is of no interest.
process.exit();

async function runCompared(benches: readonly (readonly [string, Bench])[]): Promise<void> {
  if (benches.length === 0) return;
  await using everything = new AsyncDisposableStack();
  const directories = [join(import.meta.dirname, '..'), ...(options.against ? [options.against] : [])];
  const programs: Program[] = [];
  for (const directory of directories) programs.push(await packProgram(everything, directory));
  const columns = programs.map(({ name }) => name);
  process.stdout.write(
    `${machine()}\nThe packed program of ${columns.join(' against ')}; medians of ${options.runs} runs; the load is that before each run\n\n`,
  );
  for (const [name, bench] of benches) printTable(columns, await repeated(name, bench, programs));
}

/** Runs a bench again and again, in turn for each program. */
async function repeated(
  name: string,
  bench: Bench,
  programs: readonly Program[],
): Promise<ReadonlyMap<string, readonly Repeated[]>> {
  const lines = new Map<string, readonly Repeated[]>();
  const runs = once.has(name) ? 1 : Number(options.runs);
  for (let run = 1; run <= runs; run += 1)
    for (const [place, program] of programs.entries()) {
      process.stderr.write(`${name}, run ${run} of ${runs}, ${program.name}\n`);
      const [load = 0] = loadavg();
      const measured = await bench(program).catch((thrown: unknown) => {
        process.stderr.write(`${inspect(thrown)}\n`);
        return [{ what: name, figures: `failed: ${String(thrown)}` }];
      });
      for (const line of measured) {
        const all = lines.get(line.what) ?? programs.map(() => ({ runs: [] }));
        lines.set(line.what, all);
        all[place]?.runs.push({ load, line });
      }
    }
  return lines;
}
