import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import {
  exportAddress,
  filterNames,
  flows,
  kinds,
  type Category,
  type FilterName,
  type Filters,
} from '../../api/ledger.ts';
import { count, row } from '../../format.ts';
import type { Page } from '../../page.ts';
import { route } from '../../route.ts';
import { nameIn } from '../../store.ts';
import { bank } from '../../texts/bank.ts';
import { texts as ofSearch } from '../../texts/search.ts';
import { texts } from '../../texts/transactions.ts';
import type { Tag } from '../../api/search.ts';
import { periodIn, periodNames } from './periods.ts';

/** What is in the address: each filter by its name, and a period instead of its days. */
type Named = FilterName | 'period';

export interface FilterBar {
  readonly page: Page;
  /** Every category of the ledger. */
  readonly categories: readonly Category[];
  /** Every tag in notes. */
  readonly tags: readonly Tag[];
  readonly isOpen: boolean;
  readonly toggle: () => void;
  /** The text of a field, also while it is being typed. */
  readonly valueOf: (name: FilterName) => string;
  /** Applies the text once the person stops typing. */
  readonly type: (name: FilterName, value: string) => void;
}

/** The search, all filters, the active ones, and the export links. */
export function filterBar(bar: FilterBar): TemplateResult {
  const { page, isOpen, toggle } = bar;
  const { query } = page.route;
  const on: readonly Named[] = [
    ...filterNames.filter((name) => name !== 'q' && query.has(name)),
    ...(periodIn(query) === null ? [] : (['period'] as const)),
  ];
  return html`<search class="filters">
    <form @submit=${(event: Event) => event.preventDefault()}>
      <div class="searching">
        <div class="field">
          <label class="heard" for="q">${texts.search}</label>
          ${input(bar, { name: 'q', type: 'search', placeholder: texts.searchHint })}
        </div>
        <button type="button" class="quiet" aria-expanded=${isOpen} aria-controls="filters" @click=${toggle}>
          ${on.length === 0 ? texts.filters : texts.filtersOn(count(on.length))}
        </button>
      </div>
      <div id="filters" class="grid" ?hidden=${!isOpen}>${isOpen ? fields(bar) : nothing}</div>
    </form>
    ${on.length === 0 ? nothing : chips(bar, on)}
  </search>`;
}

/** Links to export everything that matches. */
export function exportLinks(filters: Filters): TemplateResult {
  return html`<p class="exports">
    <span>${texts.export}</span>
    ${(['csv', 'json'] as const).map(
      (format) =>
        html`<a
          href=${exportAddress(filters, format)}
          download
          aria-label=${texts.exportAs(format.toUpperCase())}
          >${format.toUpperCase()}</a
        >`,
    )}
  </p>`;
}

function fields(bar: FilterBar): readonly TemplateResult[] {
  const { knowledge } = bar.page;
  const { accounts, pots, former } = knowledge;
  const named = ({ id }: { readonly id: string }) => [id, nameIn(knowledge, id) ?? id] as const;
  const gone = (wanted: 'account' | 'pot') => former.filter(({ kind }) => kind === wanted);
  return [
    select(bar, 'account', [...accounts, ...gone('account')].map(named)),
    select(bar, 'pot', [...pots, ...gone('pot')].map(named)),
    select(
      bar,
      'category',
      bar.categories.map(({ id, name }) => [id, name] as const),
    ),
    select(
      bar,
      'kind',
      kinds.map((kind) => [kind, bank.kinds[kind]] as const),
    ),
    select(bar, 'flow', flowOptions(bar.page.route.query.get('flow') ?? '')),
    labelled('merchant', input(bar, { name: 'merchant', type: 'text', placeholder: texts.merchantHint })),
    select(bar, 'tag', tagOptions(bar)),
    periods(bar),
    labelled('min', input(bar, { name: 'min', type: 'text', inputmode: 'decimal' })),
    labelled('max', input(bar, { name: 'max', type: 'text', inputmode: 'decimal' })),
    labelled('since', input(bar, { name: 'since', type: 'date' })),
    labelled('before', input(bar, { name: 'before', type: 'date' })),
  ];
}

/** The tags there are, and the chosen one. */
function tagOptions({ tags, page }: FilterBar): readonly (readonly [value: string, label: string])[] {
  const chosen = page.route.query.get('tag') ?? '';
  const isListed = chosen === '' || tags.some(({ tag }) => tag === chosen);
  return [
    ...(isListed ? [] : [[chosen, `#${chosen}`] as const]),
    ...tags.map(({ tag, count: times }) => [tag, ofSearch.tags.option(tag, count(times))] as const),
  ];
}

/** Takes the place of both days. */
function periods({ page }: FilterBar): TemplateResult {
  const { label, always, own, names } = ofSearch.period;
  const { query } = page.route;
  const chosen = periodIn(query) ?? (query.has('since') || query.has('before') ? 'own' : null);
  const choose = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement) page.change({ period: target.value, since: '', before: '' });
  };
  return html`<div class="field">
    <label for="period">${label}</label>
    <select id="period" @change=${choose}>
      <option value="" .selected=${chosen === null}>${always}</option>
      ${chosen === 'own' ? html`<option value="own" .selected=${true}>${own}</option>` : nothing}
      ${periodNames.map((name) => html`<option value=${name} .selected=${name === chosen}>${names[name]}</option>`)}
    </select>
  </div>`;
}

/** Every flow, and the chosen ones where they are several. */
function flowOptions(chosen: string): readonly (readonly [value: string, label: string])[] {
  const single = flows.map((flow) => [flow, bank.flows[flow]] as const);
  return chosen.includes(',') ? [...single, [chosen, flowsInWords(chosen)]] : single;
}

function flowsInWords(value: string): string {
  const chosen = flows.filter((flow) => value.split(',').includes(flow));
  return chosen.length === 0 ? value : row(chosen.map((flow) => bank.flows[flow]));
}

function labelled(name: FilterName, control: TemplateResult): TemplateResult {
  return html`<div class="field"><label for=${name}>${texts.filterWords[name]}</label>${control}</div>`;
}

interface Input {
  readonly name: FilterName;
  readonly type: 'search' | 'text' | 'date';
  readonly inputmode?: 'decimal';
  readonly placeholder?: string;
}

function input(
  { valueOf, type: takeIn }: FilterBar,
  { name, type, inputmode, placeholder }: Input,
): TemplateResult {
  return html`<input
    id=${name}
    name=${name}
    type=${type}
    inputmode=${inputmode ?? nothing}
    placeholder=${placeholder ?? nothing}
    autocomplete="off"
    spellcheck="false"
    .value=${live(valueOf(name))}
    @input=${({ target }: InputEvent) => {
      if (target instanceof HTMLInputElement) takeIn(name, target.value.trim());
    }}
  />`;
}

function select(
  { page }: FilterBar,
  name: FilterName,
  options: readonly (readonly [value: string, label: string])[],
): TemplateResult {
  const chosen = page.route.query.get(name) ?? '';
  const choose = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement) page.change({ [name]: target.value });
  };
  return labelled(
    name,
    html`<select id=${name} name=${name} @change=${choose}>
      <option value="" .selected=${chosen === ''}>${texts.all}</option>
      ${options.map(([value, label]) => html`<option value=${value} .selected=${value === chosen}>${label}</option>`)}
    </select>`,
  );
}

function chips(bar: FilterBar, on: readonly Named[]): TemplateResult {
  const { page } = bar;
  return html`<div class="chips">
    ${on.map((name) => {
      const value = inWords(bar, name);
      const label = name === 'period' ? ofSearch.period.label : texts.filterWords[name];
      return html`<button
        type="button"
        class="chip"
        aria-label=${texts.without(label, value)}
        @click=${() => page.change({ [name]: '' })}
      >
        ${label}: <bdi>${value}</bdi> <span aria-hidden="true">×</span>
      </button>`;
    })}
    <button type="button" class="link" @click=${() => page.travel(route('transactions'), 'instead')}>
      ${texts.clear}
    </button>
  </div>`;
}

function inWords({ page, categories }: FilterBar, name: Named): string {
  const { knowledge, route: address } = page;
  const period = name === 'period' ? periodIn(address.query) : null;
  if (period !== null) return ofSearch.period.names[period];
  const value = address.query.get(name) ?? '';
  if (name === 'account' || name === 'pot') return nameIn(knowledge, value) ?? value;
  if (name === 'category') return categories.find(({ id }) => id === value)?.name ?? value;
  if (name === 'kind') return kinds.flatMap((kind) => (kind === value ? [bank.kinds[kind]] : []))[0] ?? value;
  if (name === 'flow') return flowsInWords(value);
  return value;
}
