import { html, nothing } from 'lit/html.js';
import { toMajorText } from '../../src/domain/values.ts';
import { stranger, strangerInList } from '../../web/parts/stranger.ts';
import { css } from '../card-element.ts';
import { momentText } from '../dates.ts';
import { hasValue, type Hass } from '../hass.ts';
import { deviceOf, type Account } from '../household.ts';
import { moneyText } from '../money.ts';
import { answerOf } from '../move/move-session.ts';
import { moveTexts } from '../move/move-texts.ts';
import { MoneyCard } from '../parts/money-card.ts';
import { formFor } from '../parts/settings-form.ts';
import type { Registration } from '../registration.ts';
import type { TransactionsSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { Feed, type Filters } from './feed.ts';
import { mostRows, type Row } from './rows.ts';
import { transactionsTexts } from './transactions-texts.ts';

/** Several events of one purchase are read once. Milliseconds. */
const renewAfter = 1_000;
const action = 'monzo_transactions';

/** Transactions, newest first, with a search. */
class TransactionsCard extends MoneyCard<TransactionsSettings> {
  declare filters: Filters;
  readonly #feed = new Feed(async (data) => this.hass && answerOf(this.hass, action, data));
  readonly #onChange = () => this.requestUpdate();
  /** The search that was begun, and when the events were that its rows have. */
  #searched: Filters | undefined;
  #seen = '';
  #timer = 0;

  static getConfigForm() {
    return formFor('title', 'account', 'hide_amounts');
  }

  static getStubConfig() {
    return {};
  }

  override setConfig(settings: TransactionsSettings): void {
    super.setConfig(settings);
    this.filters = { q: '', kind: '', account: settings.account ?? '' };
  }

  getCardSize(): number {
    return 8;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: 8, min_rows: 4 };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#feed.addEventListener('change', this.#onChange);
    document.addEventListener('visibilitychange', this.#onChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onChange);
  }

  protected override titleIn(hass: Hass): string {
    return textsIn(hass, transactionsTexts).title;
  }

  protected override content(hass: Hass) {
    const words = textsIn(hass, transactionsTexts);
    const { silence, missing } = textsIn(hass, moveTexts);
    if (!isOfferedIn(hass)) return html`<p class="content">${missing(action)}</p>`;
    const { page, failure, isBusy, hasMore } = this.#feed;
    const rows = page?.rows ?? [];
    const status = isBusy
      ? hass.localize('ui.common.loading')
      : rows.length >= mostRows
        ? words.most
        : page && rows.length === 0 && words.none;
    const act = (label: string, run: () => unknown) =>
      html`<button class="act" ?disabled=${isBusy} @click=${run}>${hass.localize(`ui.${label}`)}</button>`;
    return html`${this.#form(hass)}
      <div class="content" tabindex="0" aria-busy=${isBusy}>
        ${
          failure
            ? html`<p class="note" role="alert">${failure.sentence ?? silence}</p>
                ${act('common.retry', () => this.#search())}`
            : nothing
        }
        <ul>
          ${rows.map((row) => this.#row(row, hass))}
        </ul>
        <p class="soft" role="status">${status || ''}</p>
        ${hasMore ? act('dialogs.more_info_control.show_more', () => this.#feed.more()) : nothing}
      </div>`;
  }

  protected override updated(): void {
    const { hass } = this;
    if (!hass || !isOfferedIn(hass)) return;
    if (this.#searched !== this.filters) this.#search();
    else if (this.#seen !== this.#newest() && !this.#timer)
      this.#timer = window.setTimeout(() => this.#renew(), renewAfter);
  }

  #form(hass: Hass) {
    const words = textsIn(hass, transactionsTexts);
    const search = hass.localize('ui.common.search');
    const filter =
      (key: keyof Filters) =>
      ({ target }: Event) => {
        const value = (target as HTMLInputElement).value.trim();
        if (value !== this.filters[key]) this.filters = { ...this.filters, [key]: value };
      };
    const choice = (key: 'kind' | 'account', options: readonly (readonly [string, string])[]) =>
      html`<select aria-label=${words[key]} @change=${filter(key)}>
        <option value="">${words[key]}</option>
        ${options.map(
          ([value, name]) =>
            html`<option value=${value} ?selected=${value === this.filters[key]}>${name}</option>`,
        )}
      </select>`;
    return html`<form role="search" class="moves head" @submit=${(event: Event) => event.preventDefault()}>
      <input
        type="search"
        maxlength="200"
        aria-label=${search}
        placeholder=${search}
        @change=${filter('q')}
      />
      ${choice(
        'kind',
        Object.keys(transactionsTexts.de.kinds).map((kind) => [kind, kindName(words.kinds, kind)]),
      )}
      ${
        this.#isOneAccount
          ? nothing
          : choice(
              'account',
              this.#accounts.map(({ id, name }) => [id, name]),
            )
      }
    </form>`;
  }

  #row(row: Row, hass: Hass) {
    const words = textsIn(hass, transactionsTexts);
    const { status, notes, account_name: account } = row;
    const isUnusual = status === 'pending' || status === 'reversed';
    const facts = [
      kindName(words.kinds, row.kind),
      momentText(hass, row.created),
      isUnusual && words[status],
    ];
    return html`<li>
      ${strangerInList(row.name)} ${this.amount(amountText(row, hass))}
      <span class="soft">
        ${facts.filter(Boolean).join(' · ')}
        ${this.#isOneAccount || !account ? nothing : html`· ${stranger(account)}`}
        ${notes ? html`· ${strangerInList(notes)}` : nothing}
      </span>
    </li>`;
  }

  #search(): void {
    this.#searched = this.filters;
    this.#seen = this.#newest();
    void this.#feed.search(this.filters);
  }

  /** Not while nobody looks, and not before Home Assistant is back: the next drawing comes then. */
  #renew(): void {
    this.#timer = 0;
    // What was refused is asked for again by hand.
    if (this.#feed.failure?.sentence) return;
    if (document.hidden || !this.isConnected || !this.hass?.connected || this.#feed.isBusy) return;
    this.#seen = this.#newest();
    void this.#feed.renew();
  }

  /** Changes with every event of the accounts that are shown; empty until they are known. */
  #newest(): string {
    const states = this.entityIds().map((id) => this.hass?.states[id]);
    return states.map((state) => (hasValue(state) ? state.state : '')).join();
  }

  protected override entityIds(): readonly string[] {
    const { account } = this.filters;
    return this.#accounts
      .filter(({ id }) => !account || id === account)
      .flatMap(({ entities }) => [entities.transaction ?? '', entities.transaction_update ?? '']);
  }

  get #accounts(): readonly Account[] {
    return this.household?.accounts ?? [];
  }

  get #isOneAccount(): boolean {
    return Boolean(this.settings.account) || this.#accounts.length < 2;
  }

  static override readonly styles = [
    ...super.styles,
    css`
      form {
        flex-wrap: wrap;
      }
      li {
        content-visibility: auto;
        contain-intrinsic-block-size: auto 56px;
      }
      .content > .act {
        width: 100%;
      }
    `,
  ];
}

function isOfferedIn({ services }: Hass): boolean {
  return Boolean(services['script']?.[action]);
}

function kindName(words: Readonly<Partial<Record<string, string>>>, kind: string): string {
  return words[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('_', ' ');
}

function amountText({ amount_minor: minor, currency, ...row }: Row, { locale }: Hass): string {
  const { local_amount: local, local_currency: other } = row;
  const text = moneyText(toMajorText(minor, currency), currency, locale);
  const foreign = local && other ? ` (${moneyText(String(Math.abs(local)), other, locale)})` : '';
  return `${minor > 0 ? '+' : ''}${text}${foreign}`;
}

export const transactions: readonly Registration[] = [
  {
    tag: 'monzo-transactions',
    element: TransactionsCard,
    card: {
      type: 'monzo-transactions',
      name: 'Monzo: recent transactions',
      description: 'Transactions, newest first, with a search.',
      preview: true,
      getEntitySuggestion: (hass, entityId) => {
        const account = deviceOf(hass, entityId, 'account');
        return account && { config: { type: 'custom:monzo-transactions', account: account.id } };
      },
    },
  },
];
