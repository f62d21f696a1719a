import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { serviceSteps, serviceUnit } from '../../src/cli/service-verb.ts';
import { exitCodeForPerson } from '../../src/errors.ts';
import { runOnTerminal } from '../app/cli-run.ts';

const root = join(import.meta.dirname, '../..');
const launcher = '/usr/lib/node_modules/monzo-bridge/bin/monzo-bridge.js';

const printed = (node: string) => runOnTerminal(['service'], { program: { node, launcher } });

/** The values of a unit's lines, by their names. */
function linesOf(unit: string): ReadonlyMap<string, readonly string[]> {
  const set = unit.split('\n').filter((line) => /^\w+=/.test(line));
  const parts = set.map((line) => /^(\w+)=(.*)$/.exec(line) ?? []);
  return new Map(
    Map.groupBy(parts, ([, name = '']) => name)
      .entries()
      .map(([name, found]) => [name, found.map(([, , value = '']) => value)]),
  );
}

describe('monzo-bridge service', () => {
  it('prints a unit that runs this very program as a user of its own, in a directory of its own', async () => {
    const { code, out, err } = await printed('/opt/node v26/bin/node');
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    const lines = linesOf(out);
    assert.deepEqual(lines.get('ExecStart'), [`"/opt/node v26/bin/node" "${launcher}" start`]);
    assert.deepEqual(lines.get('User'), ['monzo-bridge']);
    assert.deepEqual(lines.get('StateDirectory'), ['monzo-bridge']);
    assert.deepEqual(lines.get('WorkingDirectory'), ['/var/lib/monzo-bridge']);
    // Code that is compiled while it runs has to be written and executed.
    assert.equal(lines.get('MemoryDenyWriteExecute'), undefined);
  });

  it('is started again after a crash, and not after what only a person can put right', async () => {
    const lines = linesOf((await printed('/usr/bin/node')).out);
    assert.deepEqual(lines.get('Restart'), ['on-failure']);
    assert.deepEqual(lines.get('RestartPreventExitStatus'), [String(exitCodeForPerson)]);
  });

  const places = [
    'home/alex/.nvm/v26',
    'root',
    'run/user/1000',
    'tmp',
    'opt/100%',
    'opt/"node"',
    'opt/$node',
  ];
  for (const path of [...places.map((place) => `/${place}/bin/node`), String.raw`C:\node\node.exe`])
    it(`refuses what a service cannot run: ${path}`, async () => {
      const { code, out, err } = await printed(path);
      assert.deepEqual({ code, out }, { code: 1, out: '' });
      assert.ok(err.startsWith(`${path} is needed to run the bridge, `), err);
      assert.match(err, /Nothing was printed: install [^\n]+\n$/);
    });

  const [directory, file] = [0o040_000, 0o100_000];
  const closed: readonly (readonly [closed: string, mode: number])[] = [
    ['/usr/lib/node_modules/monzo-bridge', directory | 0o700],
    ['/usr/lib/node_modules', directory | 0o750],
    [launcher, file | 0o640],
    ['/opt/node/bin/node', file | 0o700],
  ];
  for (const [path, mode] of closed)
    it(`names what other users may not use, as after an installation with a strict umask: ${path}`, () => {
      const program = { node: '/opt/node/bin/node', launcher };
      const usual = (one: string) => (/\.js$|\/node$/.test(one) ? file : directory) | 0o755;
      assert.match(serviceUnit(program, usual), /^ExecStart=/m);
      const modeOf = (one: string) => (one === path ? mode : usual(one));
      assert.throws(() => serviceUnit(program, modeOf), {
        code: 'unfit_for_a_service',
        message: new RegExp(
          `only the owner of ${path} may .* Nothing was printed: run chmod -R o\\+rX ${path}, or`,
        ),
      });
    });

  it('has its steps in the README, in their order, and in the unit itself', async () => {
    const { out } = await printed('/usr/bin/node');
    const steps = serviceSteps.join('\n');
    assert.ok(out.includes(serviceSteps.map((step) => `#   ${step}`).join('\n')));
    assert.ok(readFileSync(join(root, 'README.md'), 'utf8').includes(`\n${steps}\n`));
  });
});
