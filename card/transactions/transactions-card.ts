import { html, nothing } from 'lit/html.js';
import { toMajorText } from '../../src/domain/values.ts';
import { stranger, strangerInList } from '../../web/parts/stranger.ts';
import { CardElement, css, type Changed } from '../card-element.ts';
import { hasValue, type Hass } from '../hass.ts';
import { deviceOf, readHousehold, type Account } from '../household.ts';
import { moneyText, numberLocale } from '../money.ts';
import { freshen } from '../move/open-move.ts';
import { amount, amountsButton, type Hiding } from '../parts/amounts.ts';
import { isNews } from '../parts/changes.ts';
import { checkSettings, formFor, hereIn } from '../parts/settings-form.ts';
import { cardStyles } from '../parts/styles.ts';
import type { Registration } from '../registration.ts';
import type { TransactionsSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { rowDates } from './dates-of-rows.ts';
import { Feed, type Filters } from './feed.ts';
import { byDay, mostRows, type Page, type Row } from './rows.ts';
import { transactionsTexts } from './transactions-texts.ts';

/** Several events of one purchase are read once. Milliseconds. */
const renewAfter = 1_000;
const action = 'monzo_transactions';

/** In the order of the bridge's own lists. */
const kinds =
  'card_payment declined refund incoming_payment outgoing_payment direct_debit cash_withdrawal pot_deposit pot_withdrawal interest fee card_check other'.split(
    ' ',
  );

/** Transactions, the newest first, with a search. */
class TransactionsCard extends CardElement {
  static override readonly properties = ['hass', 'settings', 'accounts', 'filters', 'isShown'];
  declare hass?: Hass;
  declare settings: TransactionsSettings;
  declare accounts?: readonly Account[];
  declare filters: Filters;
  /** Whether hidden amounts were tapped. */
  declare isShown?: boolean;
  readonly #feed = new Feed(async (data) => {
    const call = await this.hass?.callService('script', action, data, undefined, false, true);
    return call?.response;
  });
  readonly #onVisible = () => this.requestUpdate();
  #readFrom: Hass | undefined;
  #dates: ReturnType<typeof rowDates> | undefined;
  /** The search that was begun, and when the events were that its rows have. */
  #searched: Filters | undefined;
  #seen = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  static getConfigForm() {
    return formFor(['title', 'account', 'hide_amounts']);
  }

  static getStubConfig() {
    return {};
  }

  setConfig(settings: TransactionsSettings): void {
    checkSettings(settings);
    this.settings = settings;
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
    this.#feed.addEventListener('change', this.#onVisible);
    document.addEventListener('visibilitychange', this.#onVisible);
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#onVisible);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.isShown = false;
  }

  protected override shouldUpdate(changed: Changed): boolean {
    const { hass } = this;
    if (!hass) return false;
    freshen(hass);
    const from = this.#readFrom;
    if (from?.devices !== hass.devices || from.entities !== hass.entities) void this.#read(hass);
    if (from?.locale !== hass.locale) this.#dates = rowDates(hass);
    this.#readFrom = hass;
    return isNews(changed, hass, this.#events());
  }

  protected override render() {
    const { hass, settings } = this;
    if (!hass) return nothing;
    const words = textsIn(hass, transactionsTexts);
    const { page, failure, isBusy, hasMore } = this.#feed;
    const isOffered = isOfferedIn(hass);
    const problem = !isOffered
      ? words.missing
      : failure && (own(words, failure.code) ?? (failure.sentence || words.unanswered));
    const act = (label: string, run: () => unknown) =>
      html`<button class="act" ?disabled=${isBusy} @click=${run}>${label}</button>`;
    return html`<ha-card>
      <header>
        <h2>${settings.title ?? words.title}</h2>
        ${amountsButton(this.#hiding(hass))}
      </header>
      ${isOffered ? this.#form(hass) : nothing}
      <div class="content" aria-busy=${isBusy}>
        ${problem ? html`<p class="note" role="alert">${problem}</p>` : nothing}
        ${failure && isOffered ? act(hass.localize('ui.common.retry'), () => this.#search()) : nothing}
        ${page ? this.#list(page, hass) : nothing}
        <p class="soft" role="status">${this.#status(page, hass)}</p>
        ${hasMore ? act(hass.localize('ui.dialogs.more_info_control.show_more'), () => this.#feed.more()) : nothing}
      </div>
    </ha-card>`;
  }

  protected override updated(): void {
    const { hass } = this;
    if (!hass || !isOfferedIn(hass) || this.#timer) return;
    if (this.#searched !== this.filters) this.#search();
    else if (this.#seen !== this.#newest() && this.isConnected && !document.hidden && hass.connected)
      this.#timer = setTimeout(() => this.#renew(), renewAfter);
  }

  #form(hass: Hass) {
    const words = textsIn(hass, transactionsTexts);
    const search = hass.localize('ui.common.search');
    const all = kinds.map((kind) => [kind, kindName(words.kinds, kind)] as const);
    const accounts = (this.accounts ?? []).map(({ id, name }) => [id, name] as const);
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
            html`<option value=${value} .selected=${value === this.filters[key]}>${name}</option>`,
        )}
      </select>`;
    return html`<form class="filters" role="search" @submit=${(event: Event) => event.preventDefault()}>
      <input
        type="search"
        maxlength="200"
        aria-label=${search}
        placeholder=${search}
        @change=${filter('q')}
        @search=${filter('q')}
      />
      ${choice('kind', all)} ${this.#isOneAccount ? nothing : choice('account', accounts)}
    </form>`;
  }

  #list({ rows }: Page, hass: Hass) {
    const now = Date.now();
    return byDay(rows, ({ created }) => this.#dates?.dayOf(created, now) ?? '').map(
      ([day, rows]) =>
        html`<h3 class="soft">${day}</h3>
          <ul>
            ${rows.map((row) => this.#row(row, hass))}
          </ul>`,
    );
  }

  #row(row: Row, hass: Hass) {
    const words = textsIn(hass, transactionsTexts);
    const { status, notes } = row;
    const facts = [kindName(words.kinds, row.kind), this.#dates?.timeOf(row.created)];
    if (status === 'pending' || status === 'reversed') facts.push(words[status]);
    return html`<li>
      ${strangerInList(row.name)} ${amount(amountText(row, hass), this.#hiding(hass))}
      <span class="soft">
        ${facts.join(' · ')} ${this.#isOneAccount ? nothing : html`· ${stranger(row.account_name ?? '')}`}
        ${notes ? html`· ${strangerInList(notes)}` : nothing}
      </span>
    </li>`;
  }

  #status(page: Page | undefined, hass: Hass): string {
    const words = textsIn(hass, transactionsTexts);
    if (this.#feed.isBusy) return hass.localize('ui.common.loading');
    const count = page?.rows.length ?? 0;
    if (count === 0) return page ? words.none : '';
    return count < mostRows
      ? words.count(new Intl.NumberFormat(numberLocale(hass.locale)).format(count))
      : words.most;
  }

  #search(): void {
    this.#searched = this.filters;
    this.#seen = this.#newest();
    void this.#feed.search(this.filters);
  }

  #renew(): void {
    this.#timer = undefined;
    this.#seen = this.#newest();
    void this.#feed.renew();
  }

  /** Changes with every event of the accounts that are shown. */
  #newest(): string {
    const states = this.#events().map((id) => this.hass?.states[id]);
    return states.map((state) => (hasValue(state) ? state.state : '')).join();
  }

  #events(): readonly string[] {
    const { account } = this.filters;
    return (this.accounts ?? [])
      .filter(({ id }) => account === '' || id === account)
      .flatMap(({ entities }) => [entities.transaction ?? '', entities.transaction_update ?? '']);
  }

  get #isOneAccount(): boolean {
    return Boolean(this.settings.account) || (this.accounts?.length ?? 0) < 2;
  }

  #hiding(hass: Hass): Hiding {
    return {
      hass,
      isHidden: this.settings.hide_amounts ? !this.isShown : undefined,
      toggle: () => {
        this.isShown = !this.isShown;
      },
    };
  }

  async #read(hass: Hass): Promise<void> {
    try {
      const isFirst = !this.accounts;
      this.accounts = (await readHousehold(hass)).accounts;
      if (isFirst) this.#seen = this.#newest();
    } catch {
      // Home Assistant is gone for the moment: its next sign of life asks again.
      this.#readFrom = undefined;
    }
  }

  static override readonly styles =
    cardStyles +
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      h3 {
        margin: 12px 0 0;
      }
      h3::first-letter {
        text-transform: uppercase;
      }
      li {
        content-visibility: auto;
        contain-intrinsic-block-size: auto 56px;
      }
      li > .soft {
        grid-column: 1 / -1;
      }
      .content > .act {
        inline-size: 100%;
      }
    `;
}

function isOfferedIn({ services }: Hass): boolean {
  return services['script']?.[action] !== undefined;
}

type Words = Readonly<Partial<Record<string, unknown>>>;

/** The card's own sentence for one of the bridge's codes. */
function own(words: Words, code: string): unknown {
  return /_|unanswered/.test(code) ? words[code] : undefined;
}

function kindName(words: Words, kind: string): string {
  return String(words[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('_', ' '));
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
      name: hereIn(transactionsTexts).name,
      description: hereIn(transactionsTexts).description,
      preview: true,
      getEntitySuggestion: (hass, entityId) => {
        const account = deviceOf(hass, entityId, 'account');
        return account && { config: { type: 'custom:monzo-transactions', account: account.id } };
      },
    },
  },
];
