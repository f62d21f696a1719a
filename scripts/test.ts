import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Runs the test files that match the patterns, several processes at a time. Prints the slowest files and the CPU time
 * before the summary of Node's test runner, and fails where a file did not come to its end or held no test. With
 * `--coverage` it also measures the branch coverage of src and fails below its limits.
 */
const { values: options, positionals: globPatterns } = parseArgs({
  allowPositionals: true,
  options: {
    coverage: { type: 'boolean', default: false },
    // Many tests wait for sockets and disks: two files for each core keep the cores busy.
    concurrency: { type: 'string', default: String(availableParallelism() * 2) },
    'expose-gc': { type: 'boolean', default: false },
  },
});
const root = join(import.meta.dirname, '..');
const prefix = 'monzo-bridge-tests-';
const temporary = makeTemporaryDirectory();
/**
 * How many files one process runs, one after the other, by their folder: starting a process and importing the program
 * costs more than most files do. The files of other folders measure or change their process: each has its own.
 */
const shared: readonly (readonly [folder: RegExp, files: number])[] = [
  [/^(src|sim|web)\b/, 30],
  [/^test\/(app|attacks|contract|properties|rules)$/, 6],
];
const files = globPatterns.flatMap((pattern) => globSync(pattern, { cwd: root })).toSorted();
// A run that ends without a verdict has failed.
process.exitCode = 1;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const tests = run({
  cwd: root,
  signal: stop.signal,
  files: [...processesOf(files)],
  concurrency: Number(options.concurrency),
  coverage: options.coverage,
  coverageIncludeGlobs: ['src/**/*.ts'],
  coverageExcludeGlobs: ['**/*.test.ts'],
  execArgv: options['expose-gc'] ? ['--expose-gc'] : [],
  env: {
    ...process.env,
    TMPDIR: temporary,
    // Code from the compile cache would be measured less precisely.
    ...(options.coverage ? {} : { NODE_COMPILE_CACHE: join(root, '.cache/compiled') }),
  },
});
await pipeline(tests, withFigures, new spec(), process.stdout);

/** Writes a module for each process, which runs its files; gives the paths of the modules. */
function* processesOf(paths: readonly string[]): Generator<string> {
  const runner = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'test-process.ts')).href);
  const sizeOf = (path: string) => shared.findIndex(([folder]) => folder.test(dirname(path)));
  for (const [index, members] of Map.groupBy(paths, sizeOf)) {
    const count = Math.ceil(members.length / (shared[index]?.[1] ?? 1));
    // Neighbours are often alike, and alike in time: they are dealt out.
    const dealt = Map.groupBy(members.entries(), ([position]) => position % count);
    for (const [number, entries] of dealt) {
      const paths = JSON.stringify([root, entries.map(([, path]) => path)]);
      const module = join(temporary, `process-${index + 1}-${number + 1}.mjs`);
      writeFileSync(module, `import { runFiles } from ${runner};\nawait runFiles(...${paths});\n`);
      yield module;
    }
  }
}

/** Passes the events on to the reporter, and adds our figures before the summary of the run. */
async function* withFigures(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  const seconds = new Map<string, number>();
  const summary: TestEvent[] = [];
  let coverage: readonly string[] = [];
  let isCovered = true;
  let holdsTests = false;
  for await (const event of events) {
    if (event.type === 'test:diagnostic' && event.data.nesting === 0 && event.data.file === undefined) {
      summary.push(event);
    } else if (event.type === 'test:coverage') {
      // Imported late, for the warning that Node prints about the experimental API it uses.
      const { coverageVerdict } = await import('./coverage.ts');
      const verdict = coverageVerdict(root, event.data.summary.files);
      isCovered = verdict.isEnough;
      coverage = ['', ...verdict.lines];
    } else if (event.type === 'test:summary' && event.data.file === undefined) {
      const missing = files.filter((path) => !seconds.has(path));
      const lines = [
        ...coverage,
        '',
        ...slowest(seconds),
        '',
        ...missing.map((path) => `${path} held no test, or did not come to its end.`),
        cpuTime(),
        '',
      ];
      yield { type: 'test:stdout', data: { file: '', message: `${lines.join('\n')}\n` } };
      yield* summary;
      yield event;
      const ran = files.length > 0 && missing.length === 0;
      if (event.data.success && ran && isCovered) process.exitCode = 0;
    } else {
      if (event.type === 'test:pass' || event.type === 'test:fail') {
        const { nesting, name, details } = event.data;
        if (nesting === 0 && holdsTests) seconds.set(name, details.duration_ms / 1_000);
        // What a file holds is told right before the file itself.
        holdsTests = nesting > 0;
      }
      yield event;
    }
  }
}

function slowest(seconds: ReadonlyMap<string, number>): readonly string[] {
  const rows = [...seconds].toSorted(([, a], [, b]) => b - a).slice(0, 10);
  return [
    `The slowest of ${seconds.size} files, in seconds`,
    ...rows.map(([path, taken]) => `${taken.toFixed(1).padStart(7)}  ${path}`),
  ];
}

/** Of this process and all it has started. Only Linux tells about the latter. */
function cpuTime(): string {
  const own = process.cpuUsage();
  const stat = '/proc/self/stat';
  if (!existsSync(stat))
    return `CPU seconds of the runner alone: ${((own.user + own.system) / 1e6).toFixed(0)}`;
  const fields = readFileSync(stat, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [user = 0, system = 0] = [fields[13], fields[14]].map((ticks) => Number(ticks) / 100);
  const all = [own.user / 1e6 + user, own.system / 1e6 + system] as const;
  const [inUser, inSystem] = all.map((seconds) => seconds.toFixed(0));
  return `CPU seconds: ${(all[0] + all[1]).toFixed(0)} (user ${inUser}, system ${inSystem})`;
}

/** Everything the tests create lies below it, so that a crash leaves nothing behind. */
function makeTemporaryDirectory(): string {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (!Number.isNaN(owner) && !isAlive(owner))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  const directory = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
