import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { blueprintIndex, blueprintsPart, readBlueprints, type Blueprint } from '../../scripts/blueprints.ts';
import { defaultRails } from '../../src/domain/rails.ts';
import { readProjectFile } from './files.ts';

type Step = Readonly<Record<string, unknown>>;

const blueprints = readBlueprints();
const manifest = JSON.parse(readProjectFile('package.json')) as { readonly homepage: string };
/** The repository that the package names, so that a release changes both or neither. */
const page = manifest.homepage.replace(/#readme$/, '/blob/main');
const app = parse(readProjectFile('app/config.yaml')) as { readonly homeassistant: string };
const perMove = Number(defaultRails.perMove['*']);
const perDay = Number(defaultRails.perDay['*']);

/** Their answer to the person is speech. */
const spoken = new Set(['ask_pot', 'ask_spent']);
/** Without an event it looks for the last one. */
const finishing = new Set(['payday_split']);
/** Numbers that no move is as large as. */
const thresholds = new Set(['target', 'band', 'pot_floor', 'least', 'limit']);
/** How the amount of a move may be written: what a person entered, whole minor units, or what a phone was offered. */
const amounts = new Set(['{{ due / unit }}', '{{ tap[-2] }}']);

/** Every object in there, however deep. */
function stepsIn(content: unknown): readonly Step[] {
  if (typeof content !== 'object' || content === null) return [];
  return [content as Step, ...Object.values(content).flatMap(stepsIn)];
}

function callsIn({ automation }: Blueprint, action: RegExp): readonly Step[] {
  return stepsIn(automation).filter((step) => action.test(String(step['action'])));
}

const stopsWithoutEvent =
  /^\[\{"if":"\{\{ trigger\.(to_state is not defined|id \| default\([^)]*\) not in \[[^\]]*\]) \}\}","then":\[\{"stop":/;
const dataSchema = z.record(z.string(), z.unknown());
const dataOf = (step: Step) => dataSchema.parse(step['data']);
const asInput = (input: string) => ({ input });
const transfer = /^script\.monzo_pot_transfer$/;
const moving = blueprints.filter((blueprint) => callsIn(blueprint, transfer).length > 0);
const actingOnEvents = blueprints.filter(({ automation }) =>
  stepsIn(automation['triggers']).some(({ trigger }) => trigger === 'event.received'),
);

describe('the blueprints', () => {
  it('are found', () => {
    assert.ok(blueprints.length >= 14);
    assert.ok(moving.length >= 8 && actingOnEvents.length >= 8);
  });

  it('are described as they are', () => {
    const [folder, make] = blueprintsPart;
    assert.equal(folder, 'blueprints/automation/monzo-bridge');
    assert.ok(readProjectFile('docs/blueprints.md').includes(make()), 'Run npm run docs.');
    const index = blueprintIndex(join(import.meta.dirname, '../..', folder));
    assert.equal(readProjectFile('blueprints/index.json'), index, 'Run npm run docs.');
  });

  for (const blueprint of blueprints)
    describe(blueprint.name, () => {
      const { path, about, inputs, automation } = blueprint;
      const numbers = [...inputs].filter(([, { selector }]) => 'number' in selector);

      it('says whose it is, where it comes from, and what it needs', () => {
        assert.match(about.name, /^Monzo: [a-z]/);
        assert.equal(about.source_url, `${page}/${path}`);
        assert.equal(about.homeassistant.min_version, app.homeassistant);
      });

      it('uses every input, and no other', () => {
        const used = stepsIn(automation).flatMap(({ input }) => (typeof input === 'string' ? [input] : []));
        assert.deepEqual(new Set(used), new Set(inputs.keys()));
      });

      it('queues what comes while it is busy', () => {
        assert.equal(automation['mode'], 'queued');
        // As many events may come at once after a time without the bridge; more than that are dropped without a word.
        assert.ok(Number(automation['max']) >= (actingOnEvents.includes(blueprint) ? 1000 : 10));
      });

      it('offers the bridge’s own devices alone, and phones', () => {
        const filters = [...inputs.values()]
          .flatMap(({ selector }) => stepsIn(selector))
          .flatMap(({ device }) => stepsIn(device))
          .filter(({ integration }) => integration !== undefined);
        for (const { integration, manufacturer, model_id: model } of filters) {
          if (integration === 'mobile_app') continue;
          assert.deepEqual([integration, manufacturer], ['mqtt', 'Monzo']);
          assert.ok(model === 'account' || model === 'pot', String(model));
        }
      });

      it('goes on after a failure, and tells of it', () => {
        const calls = callsIn(blueprint, /^script\.monzo_/);
        for (const call of calls) assert.equal(dataOf(call)['on_failure'], 'answer');
        const hasInput = inputs.has('on_failure');
        assert.equal(hasInput, calls.length > 0 && !spoken.has(blueprint.name));
      });

      if (callsIn(blueprint, /^script\.monzo_(pot_transfer|annotate|feed_item)$/).length > 0)
        it('can be tried without doing anything', () => {
          assert.equal(inputs.get('dry_run')?.default, false);
        });

      if (actingOnEvents.includes(blueprint))
        it('passes over the bridge’s own moves, and does nothing without an event', () => {
          assert.match(JSON.stringify(automation['conditions']), /\.transfer_id is none/);
          const actions = JSON.stringify(automation['actions']);
          if (!finishing.has(blueprint.name)) assert.match(actions, stopsWithoutEvent);
        });

      if (!moving.includes(blueprint)) return;

      it('says of every move which one it is', () => {
        for (const call of callsIn(blueprint, transfer)) {
          const data = dataOf(call);
          const ids = ['event_id', 'request_id'].filter((key) => key in data);
          assert.equal(ids.length, 1);
          const id = String(data[ids[0] ?? '']);
          assert.ok(id === '{{ event_id }}' || id === '{{ request_id }}', id);
          assert.deepEqual(data['dry_run'], asInput('dry_run'));
          const { amount } = data;
          assert.ok(typeof amount === 'string' ? amounts.has(amount) : inputs.has('amount'));
        }
      });

      it('stays within the limits of a new bridge by default, and names them', () => {
        assert.ok(about.description.includes(`at most ${perMove} at once and ${perDay} a day`));
        const moved = numbers.filter(([key]) => !thresholds.has(key));
        for (const [key, input] of moved) assert.ok(Number(input.default) <= perMove, key);
      });
    });
});
