import type { Account, EntityKey, Household, Part } from '../household.ts';
import type { PotsSettings, TransactionsSettings } from '../settings.ts';
import type { StrategyTexts } from './strategy-texts.ts';

/** What `custom:monzo` may be told. */
export interface StrategySettings {
  /** Device ids; all accounts where empty or left out. */
  readonly accounts?: readonly string[];
  readonly hide_amounts?: boolean;
}

/** What the dashboard is made of beside the household. */
export interface Surroundings {
  readonly texts: StrategyTexts;
  /** The currency of a balance, by entity id; undefined where it has never had a value. */
  readonly currencyOf: (entityId: string) => string | undefined;
  /** Whether Home Assistant has loaded an integration, such as `recorder`. */
  readonly has: (integration: string) => boolean;
}

/** A card, section or view, as Home Assistant's own dashboards write them. */
export type Config = Readonly<Record<string, unknown>>;

/** How much history a person sees without asking for more. */
const historyDays = 30;
const trendHours = 7 * 24;

/** The configuration of a dashboard that shows the household. */
export function dashboardOf(
  household: Household,
  settings: StrategySettings,
  surroundings: Surroundings,
): { readonly views: readonly Config[] } {
  const { texts } = surroundings;
  const chosen = settings.accounts?.length ? settings.accounts : null;
  const accounts = household.accounts.filter(({ id }) => chosen === null || chosen.includes(id));
  const attention = { type: 'grid', column_span: maxColumns, cards: [attentionCard(settings)] };
  const empty = () => emptySection(household, texts, chosen !== null && household.accounts.length > 0);
  const history = historySection(accounts, surroundings);
  const overview = [
    attention,
    ...(accounts.length === 0
      ? [empty()]
      : accounts.map((account) => accountSection(account, settings, surroundings))),
    ...(settings.hide_amounts ? [] : history),
    ...activitySection(accounts, settings, texts),
  ];
  const view = { type: 'sections', max_columns: maxColumns, dense_section_placement: true };
  return {
    views: [
      {
        ...view,
        title: texts.title,
        path: 'money',
        icon: 'mdi:bank',
        badges: badgesOf(household),
        sections: overview,
      },
      ...(settings.hide_amounts && history.length > 0
        ? [{ ...view, title: texts.history, path: 'history', icon: 'mdi:chart-line', sections: history }]
        : []),
    ],
  };
}

const maxColumns = 3;
const full = { columns: 'full' };
const half = { columns: 6 };

function attentionCard({ accounts, hide_amounts: hide }: StrategySettings): Config {
  return { type: 'custom:monzo-attention', accounts, hide_amounts: hide, grid_options: full };
}

function badgesOf({ bridges, logins }: Household): readonly Config[] {
  const badge = (part: Part, key: EntityKey) => {
    const entity = part.entities[key];
    return entity === undefined ? [] : [{ type: 'entity', entity, name: part.name, show_name: true }];
  };
  return [
    ...logins.flatMap((login) => badge(login, 'problem')),
    ...bridges.flatMap((bridge) => badge(bridge, 'connectivity')),
  ];
}

function emptySection({ bridges }: Household, texts: StrategyTexts, hasOthers: boolean): Config {
  const content = hasOthers ? texts.noneChosen : bridges.length > 0 ? texts.noAccounts : texts.noBridge;
  return {
    type: 'grid',
    cards: [{ type: 'markdown', title: texts.emptyTitle, content, grid_options: full }],
  };
}

function accountSection(account: Account, settings: StrategySettings, { texts, has }: Surroundings): Config {
  const { entities } = account;
  const hide = settings.hide_amounts ?? false;
  const figure = (key: EntityKey, more: Config = half) => {
    const entity = entities[key];
    return entity === undefined ? [] : [tile(entity, { hide_state: hide, grid_options: more })];
  };
  const trend = hide || !has('history') ? [] : [{ type: 'trend-graph', hours_to_show: trendHours }];
  const balance =
    entities.balance && tile(entities.balance, { hide_state: hide, features: trend, grid_options: full });
  return {
    type: 'grid',
    cards: [
      { type: 'heading', heading: account.name, heading_style: 'title', icon: 'mdi:bank' },
      ...(balance ? [balance] : []),
      ...figure('total_balance'),
      ...figure('spent_today'),
      ...figure('spent_this_month'),
      ...figure('left_to_move_today'),
      ...lastTransaction(entities.transaction, hide, texts),
      ...(account.pots.length === 0 ? [] : [potsCard(account.id, hide)]),
    ],
  };
}

/** A tile that says the entity's own name, which the person may have changed: the section says whose it is. */
function tile(entity: string, more: Config): Config {
  return { type: 'tile', entity, name: { type: 'entity' }, ...more };
}

function lastTransaction(entity: string | undefined, hide: boolean, texts: StrategyTexts): readonly Config[] {
  if (entity === undefined) return [];
  const content = ['description', ...(hide ? [] : ['amount']), 'state'];
  return [{ type: 'tile', entity, name: texts.lastTransaction, state_content: content, grid_options: full }];
}

function potsCard(account: string, hide: boolean): Config {
  const card: PotsSettings = { type: 'custom:monzo-pots', account, hide_amounts: hide };
  return { ...card, grid_options: full };
}

/** A graph for each currency: the balances of one stand on one scale. */
function historySection(
  accounts: readonly Account[],
  { texts, currencyOf, has }: Surroundings,
): readonly Config[] {
  if (!has('recorder')) return [];
  const byCurrency = new Map<string, Config[]>();
  for (const { name, entities } of accounts) {
    const entity = entities.balance;
    const currency = entity && currencyOf(entity);
    if (!currency) continue;
    byCurrency.set(currency, [...(byCurrency.get(currency) ?? []), { entity, name }]);
  }
  if (byCurrency.size === 0) return [];
  const graphs = [...byCurrency.values()].map((entities) => ({
    type: 'statistics-graph',
    entities,
    stat_types: ['state'],
    chart_type: 'line',
    period: 'day',
    days_to_show: historyDays,
    grid_options: full,
  }));
  const heading = {
    type: 'heading',
    heading: `${texts.history}: ${texts.historyDays}`,
    icon: 'mdi:chart-line',
  };
  return [{ type: 'grid', cards: [heading, ...graphs] }];
}

function activitySection(
  accounts: readonly Account[],
  { accounts: chosen, hide_amounts: hide = false }: StrategySettings,
  texts: StrategyTexts,
): readonly Config[] {
  if (accounts.length === 0) return [];
  const card = (account?: string): TransactionsSettings => ({
    type: 'custom:monzo-transactions',
    ...(account === undefined ? {} : { account }),
    hide_amounts: hide,
  });
  const cards = chosen?.length ? accounts.map(({ id }) => card(id)) : [card()];
  const heading = { type: 'heading', heading: texts.activity, icon: 'mdi:format-list-bulleted' };
  return [{ type: 'grid', cards: [heading, ...cards.map((each) => ({ ...each, grid_options: full }))] }];
}
