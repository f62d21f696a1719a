import type { Account, EntityKey, Household, Part } from '../household.ts';
import type { LastTransactionSettings, PotsSettings, TransactionsSettings } from '../settings.ts';
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
  /** The currency of a balance, by entity id; empty while Home Assistant has not heard of it. */
  readonly currencyOf: (entityId: string) => string;
  /** The address of the bridge's page about a device, where this person may open it. */
  readonly pageOf: (device: string) => string | null;
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
  const accounts = chosenAccounts(household, settings);
  const attention = { type: 'grid', column_span: maxColumns, cards: [attentionCard(settings)] };
  const empty = () => emptySection(household, surroundings);
  const history = historySection(accounts, surroundings);
  const overview = [
    attention,
    ...(accounts.length === 0
      ? [empty()]
      : accounts.map((account) => accountSection(account, settings, surroundings))),
    ...(settings.hide_amounts ? [] : history),
    ...activitySection(accounts, settings),
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

/** The chosen ones in the order of the choice; else all, those with pots first: they are the ones people live from. */
function chosenAccounts({ accounts }: Household, { accounts: chosen }: StrategySettings): readonly Account[] {
  if (chosen?.length) return chosen.flatMap((id) => accounts.filter((account) => account.id === id));
  return [...accounts].sort((one, other) => Number(other.pots.length > 0) - Number(one.pots.length > 0));
}

const maxColumns = 3;
const full = { columns: 'full' };

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

function emptySection({ bridges, accounts }: Household, { texts, pageOf }: Surroundings): Config {
  const [page] = bridges.flatMap(({ id }) => pageOf(id) ?? []);
  const link = page === undefined ? '' : `\n\n[${texts.openPage}](${page})`;
  const sentence = bridges.length > 0 ? `${texts.noAccounts}${link}` : texts.noBridge;
  const content = accounts.length > 0 ? texts.noneChosen : sentence;
  return {
    type: 'grid',
    cards: [{ type: 'markdown', content, grid_options: full }],
  };
}

function accountSection(account: Account, settings: StrategySettings, { has, texts }: Surroundings): Config {
  const { entities } = account;
  const hide = settings.hide_amounts ?? false;
  const figure = (key: EntityKey, more: Config = {}) => {
    const entity = entities[key];
    return entity === undefined ? [] : [{ ...tile(entity, hide), ...more }];
  };
  const trend = hide || !has('history') ? [] : [{ type: 'trend-graph', hours_to_show: trendHours }];
  return {
    type: 'grid',
    cards: [
      { type: 'heading', heading: account.name, heading_style: 'title', icon: 'mdi:bank' },
      ...figure('balance', { features: trend, grid_options: full }),
      ...figure('total_balance'),
      ...figure('spent_today'),
      ...figure('spent_this_month', { name: texts.month }),
      ...figure('left_to_move_today', { name: texts.left }),
      ...lastTransaction(entities.transaction, hide),
      ...(account.pots.length === 0 ? [] : [potsCard(account.id, hide)]),
    ],
  };
}

/** A tile that says the entity's own name, which the person may have changed: the section says whose it is. */
function tile(entity: string, hide: boolean): Config {
  return { type: 'tile', entity, name: { type: 'entity' }, hide_state: hide, grid_options: { columns: 6 } };
}

function lastTransaction(entity: string | undefined, hide: boolean): readonly Config[] {
  if (entity === undefined) return [];
  const card: LastTransactionSettings = { type: 'custom:monzo-last-transaction', entity, hide_amounts: hide };
  return [{ ...card, grid_options: full }];
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
    if (entity === undefined) continue;
    const currency = currencyOf(entity);
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
    heading: texts.history,
    icon: 'mdi:chart-line',
  };
  return [{ type: 'grid', cards: [heading, ...graphs] }];
}

/** One list for all; one for each account where some were chosen. */
function activitySection(
  accounts: readonly Account[],
  { accounts: chosen, hide_amounts: hide = false }: StrategySettings,
): readonly Config[] {
  const card = (more: Partial<TransactionsSettings>): TransactionsSettings & Config => ({
    type: 'custom:monzo-transactions',
    hide_amounts: hide,
    grid_options: full,
    ...more,
  });
  const cards = chosen?.length ? accounts.map(({ id: account }) => card({ account })) : [card({})];
  return accounts.length === 0 ? [] : [{ type: 'grid', cards }];
}
