import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Account, Household } from '../household.ts';
import { dashboardOf, type Config, type StrategySettings, type Surroundings } from './dashboard.ts';
import { strategyTexts } from './strategy-texts.ts';

const part = (id: string, keys: readonly string[] = []) => ({
  id,
  name: `The ${id}`,
  entities: Object.fromEntries(keys.map((key) => [key, `sensor.${id}_${key}`])),
});
const account = (id: string, keys: readonly string[], pots = 0): Account => ({
  ...part(id, keys),
  pots: Array.from({ length: pots }, (_, index) => part(`${id}_pot_${index}`, ['balance'])),
});

const everything = [
  'balance',
  'total_balance',
  'spent_today',
  'spent_this_month',
  'left_to_move_today',
  'transaction',
];
const household: Household = {
  bridges: [part('bridge', ['connectivity'])],
  logins: [part('login', ['problem'])],
  accounts: [account('euro', ['balance']), account('main', everything, 20)],
};

function draw(settings: StrategySettings = {}, of: Household = household, more: Partial<Surroundings> = {}) {
  const { views } = dashboardOf(of, settings, {
    texts: strategyTexts.en,
    currencyOf: (entity) => (entity.includes('euro') ? 'EUR' : 'GBP'),
    pageOf: () => 'http://bridge.local:8099/',
    has: () => true,
    ...more,
  });
  return views;
}

const sectionsOf = (view: Config | undefined) => view?.['sections'] as readonly Config[];
const cardsOf = (view: Config | undefined) =>
  sectionsOf(view).flatMap(({ cards }) => cards as readonly Config[]);
const ofType = (type: string, view: Config | undefined) =>
  cardsOf(view).filter((card) => card['type'] === type);

describe('the dashboard', () => {
  it('has a section for each account, those with pots first', () => {
    const [view] = draw();
    assert.deepEqual(
      ofType('heading', view).map(({ heading }) => heading),
      ['The main', 'The euro', 'Last 30 days'],
    );
  });

  it('shows the figures that there are, and no others', () => {
    const [view] = draw();
    assert.deepEqual(
      ofType('tile', view).map(({ entity }) => entity),
      [...everything.slice(0, 5).map((key) => `sensor.main_${key}`), 'sensor.euro_balance'],
    );
  });

  it('has one card for all pots of an account, however many', () => {
    const [view] = draw();
    assert.deepEqual(
      ofType('custom:monzo-pots', view).map((card) => card['account']),
      ['main'],
    );
  });

  it('draws the balances of each currency on a scale of their own', () => {
    const [view] = draw();
    assert.deepEqual(
      ofType('statistics-graph', view).map((card) => card['entities']),
      [
        [{ entity: 'sensor.main_balance', name: 'The main' }],
        [{ entity: 'sensor.euro_balance', name: 'The euro' }],
      ],
    );
  });

  it('leaves out what Home Assistant cannot draw', () => {
    const [view] = draw({}, household, { has: () => false });
    assert.deepEqual(ofType('statistics-graph', view), []);
    assert.doesNotMatch(JSON.stringify(view), /trend-graph/);
  });

  it('hides amounts everywhere, and moves the history to a view of its own', () => {
    const [view, history] = draw({ hide_amounts: true });
    assert.ok(ofType('tile', view).every((card) => card['hide_state'] === true));
    const ours = cardsOf(view).filter(({ type }) => String(type).startsWith('custom:'));
    assert.ok(ours.length > 3);
    assert.ok(ours.every((card) => card['hide_amounts'] === true));
    assert.doesNotMatch(JSON.stringify(view), /trend-graph|statistics-graph/);
    assert.equal(ofType('statistics-graph', history).length, 2);
  });

  it('shows the chosen accounts in their order, each with its own transactions', () => {
    const chosen = ['euro', 'gone', 'main'];
    const [view] = draw({ accounts: chosen });
    assert.deepEqual(
      ofType('custom:monzo-transactions', view).map((card) => card['account']),
      ['euro', 'main'],
    );
    assert.deepEqual(cardsOf(view)[0]?.['accounts'], chosen);
    assert.deepEqual(
      ofType('custom:monzo-transactions', draw()[0]).map((card) => card['account']),
      [undefined],
    );
  });

  const empty: readonly (readonly [string, StrategySettings, Household, RegExp])[] = [
    ['no bridge', {}, { bridges: [], logins: [], accounts: [] }, /no devices of the Monzo bridge/],
    [
      'no account',
      {},
      { ...household, accounts: [] },
      /No Monzo login is connected.*\(http:\/\/bridge\.local:8099\/\)/s,
    ],
    ['no chosen one', { accounts: ['gone'] }, household, /None of the accounts chosen/],
  ];
  for (const [what, settings, of, sentence] of empty)
    it(`says what to do where there is ${what}`, () => {
      const [view, ...more] = draw(settings, of);
      assert.deepEqual(more, []);
      assert.deepEqual(
        cardsOf(view).map(({ type }) => type),
        ['custom:monzo-attention', 'markdown'],
      );
      assert.match(String(ofType('markdown', view)[0]?.['content']), sentence);
    });
});
