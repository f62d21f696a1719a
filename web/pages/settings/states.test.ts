import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Blueprints } from '../../api/blueprints.ts';
import type { Actions, Dashboard } from '../../api/home-assistant.ts';
import type { Rails } from '../../api/moves.ts';
import { ofActions, ofBlueprints, ofBrowsers, ofDashboard, ofEntities, ofLimits } from './states.ts';

const rails: Rails = {
  per_move: { '*': '100' },
  per_day: { '*': '300' },
  floor: {},
  accounts: {},
  pots: null,
  cooldown_seconds: 60,
  dry_run: false,
};
const action = { name: 'script.monzo_refresh', description: '', sentence: null } as const;
const actions: Actions = {
  connection: 'ok',
  setting: 'ask',
  decision: 'agreed',
  readers: 'administrators',
  sentence: null,
  actions: [
    { ...action, state: 'current' },
    { ...action, state: 'missing' },
  ],
  yaml: '',
};
const dashboard: Dashboard = {
  connection: 'ok',
  order: null,
  file: 'current',
  dashboard: 'current',
  path: 'money',
  viewers: 'everyone',
  sentence: null,
  yaml: '',
};
const blueprint = { name: 'a', title: 'A', description: '', import_url: '', order: null, sentence: null };
const blueprints: Blueprints = {
  connection: 'ok',
  sentence: null,
  blueprints: [
    { ...blueprint, copies: [] },
    { ...blueprint, copies: [{ path: 'a', state: 'edited', automations: [], sentence: '' }], sentence: '!' },
  ],
};

describe('the state of a setting', () => {
  const told: readonly (readonly [string, { readonly tone: string; readonly sentence: string }, string])[] = [
    ['the limits', ofLimits(rails), 'calm: At most 100 per move, and 300 per day'],
    [
      'limits of several currencies',
      ofLimits({ ...rails, per_move: { '*': '1', EUR: '20.5' } }),
      'calm: At most 20.5 EUR and 1 per move, and 300 per day',
    ],
    ['no limit, so no move', ofLimits({ ...rails, per_day: {} }), 'calm: No money can be moved'],
    [
      'a dry run',
      ofLimits({ ...rails, dry_run: true }),
      'calm: Dry run: moves are checked, but no money moves',
    ],
    ['actions', ofActions(actions), 'calm: 1 of 2 actions ready'],
    ['actions nobody wants', ofActions({ ...actions, decision: 'declined' }), 'calm: Not created'],
    [
      'actions with something in the way',
      ofActions({ ...actions, sentence: 'Look.' }),
      'warn: There is something to look at',
    ],
    [
      'actions without a token',
      ofActions({ ...actions, connection: 'none' }),
      'calm: Needs a token for Home Assistant',
    ],
    ['the dashboard', ofDashboard(dashboard), 'calm: In everyone’s sidebar'],
    ['no dashboard', ofDashboard({ ...dashboard, viewers: null }), 'calm: Not added'],
    [
      'an empty dashboard',
      ofDashboard({ ...dashboard, sentence: 'Empty.' }),
      'warn: There is something to look at',
    ],
    [
      'the dashboard without a token',
      ofDashboard({ ...dashboard, connection: 'none' }),
      'calm: Needs a token for Home Assistant',
    ],
    ['blueprints', ofBlueprints(blueprints), 'warn: 1 of 2 blueprints installed, 1 to look at'],
    ['blueprints without a token', ofBlueprints({ ...blueprints, connection: 'none' }), 'calm: 2 blueprints'],
    [
      'no entities',
      ofEntities([{ low_balance: {}, feed_posts: false, update_check: null }, []]),
      'calm: No optional entities',
    ],
    [
      'entities and a deleted device',
      ofEntities([
        { low_balance: { acc_1: '50' }, feed_posts: true, update_check: false },
        [{ id: 'monzo_acc_1', kind: 'account', name: 'Current account' }],
      ]),
      'calm: Optional entities: low balance and posts to the Monzo feed · 1 deleted device',
    ],
    ['no browsers', ofBrowsers([]), 'calm: No browser is signed in with a link or the admin token.'],
  ];
  for (const [what, { tone, sentence }, expected] of told)
    it(`tells of ${what}`, () => assert.equal(`${tone}: ${sentence}`, expected));
});
