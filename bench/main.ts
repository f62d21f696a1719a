import { loadavg } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { benchAnswers } from './answers.ts';
import { benchCalls } from './calls.ts';
import { deliveryOver } from './delivery.ts';
import { benchHomeAssistant } from './home-assistant.ts';
import { benchLedger } from './ledger.ts';
import { machine, printTable, type Line, type Repeated } from './measure.ts';
import { benchColdStart, benchThousandLogins } from './process.ts';
import { packProgram, type Program } from './program.ts';
import { benchReading } from './reading.ts';

type Bench = (program: Program) => Promise<readonly Line[]>;

/** Run several times, with `--against` in turn for two programs; the table shows medians. */
const compared: Readonly<Record<string, Bench>> = {
  delivery: deliveryOver('Mosquitto', {
    bankAt: 0,
    recentRows: 10,
    goals: { closeTogether: '15 / 40 ms', burst: '1,000 ms, 25 calls' },
  }),
  'delivery-embedded': deliveryOver('embedded broker', {
    bankAt: 0,
    recentRows: 10,
    goals: { closeTogether: '15 / 40 ms', burst: '1,000 ms, 25 calls' },
  }),
  'delivery-slow': deliveryOver('Mosquitto', { bankAt: 150, recentRows: 10 }),
  'delivery-rows': deliveryOver('Mosquitto', {
    bankAt: 0,
    recentRows: 3_000,
    goals: { oneByOne: 'as with 10 rows', closeTogether: 'as with 10 rows' },
  }),
  'delivery-slow-rows': deliveryOver('Mosquitto', {
    bankAt: 150,
    recentRows: 3_000,
    goals: { oneByOne: 'as with 10 rows', closeTogether: 'as with 10 rows' },
  }),
};

/** Run once, for this checkout alone; each prints its own figures. */
const single: Readonly<Record<string, () => Promise<void>>> = {
  'cold-start': benchColdStart,
  'home-assistant': benchHomeAssistant,
  answers: benchAnswers,
  calls: benchCalls,
  logins: benchThousandLogins,
  ledger: benchLedger,
  reading: benchReading,
};

const { values: options, positionals: requested } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    runs: { type: 'string', default: '3' },
  },
});
const names = [...Object.keys(compared), ...Object.keys(single)];
/** A name stands for itself and for those that go on after it: `delivery` for all of `delivery-…`. */
const isMeant = (name: string, asked: string) => name === asked || name.startsWith(`${asked}-`);
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
  for (let run = 1; run <= Number(options.runs); run += 1)
    for (const [place, program] of programs.entries()) {
      process.stderr.write(`${name}, run ${run} of ${options.runs}, ${program.name}\n`);
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
