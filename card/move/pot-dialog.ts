import { html, nothing } from 'lit/html.js';
import { toMajorText } from '../../src/domain/values.ts';
import { stranger } from '../../web/parts/stranger.ts';
import { CardElement } from '../card-element.ts';
import type { Hass } from '../hass.ts';
import { shared } from '../parts/styles.ts';
import { textsIn } from '../texts.ts';
import { dialogStyles } from './dialog-styles.ts';
import { sessionFor, type MoveSession, type Progress } from './move-session.ts';
import { moveTexts } from './move-texts.ts';
import { amountIn, type Direction } from './outcome.ts';
import { familyOf, obstacleTo, type PotFamily } from './pot-family.ts';
import { shownAmount, stateAmount, writtenAmount } from './written-amount.ts';

type Minor = number | null;
type Column = readonly [account: Minor, pot: Minor];
/** What a button says, and what it does unless it sends the form. */
type Way = readonly [label: string, act?: () => unknown];

/** Moves money into a pot or out of it: the form, what a trial says, the confirmation and the outcome. */
export class PotDialog extends CardElement {
  static override readonly properties = ['hass', 'family', 'written', 'mistake'];
  static override readonly styles = [shared, dialogStyles];
  declare hass: Hass;
  /** The pot's device. */
  declare pot: string;
  declare direction: Direction;
  declare family?: PotFamily | undefined;
  /** What is in the field. */
  declare written?: string;
  /** Why that is no amount. */
  declare mistake?: string | undefined;
  readonly #onChange = () => this.requestUpdate();
  #stage = '';

  get #session(): MoveSession {
    return sessionFor(this.hass, this.pot);
  }

  get #words() {
    return textsIn(this.hass, moveTexts);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#session.addEventListener('change', this.#onChange);
  }

  disconnectedCallback(): void {
    this.#session.removeEventListener('change', this.#onChange);
  }

  protected override render() {
    const { hass, family } = this;
    const words = this.#words;
    const { progress, draft } = this.#session;
    const { kind } = progress;
    const obstacle = obstacleTo(hass, family?.bridge);
    const isForm = kind === 'form' || kind === 'checking';
    const isNamed = isForm || kind === 'confirm';
    const direction = words[draft?.direction ?? this.direction];
    const hindrance = {
      disconnected: hass.localize('ui.notification_toast.connection_lost'),
      missing: words.missing('monzo_pot_transfer'),
      away: words.away,
      paused: words.paused,
      none: isForm && hass.user?.is_admin === false ? words.member : '',
    }[obstacle ?? 'none'];
    const said = this.#sentence(progress);
    return html`<dialog aria-labelledby="heading" closedby="any" @close=${() => this.#leave()}>
      <form novalidate @submit=${(event: Event) => this.#submit(event)}>
        <h2 id="heading" tabindex="-1">
          ${isNamed ? html`${direction}: ${isForm ? stranger(family?.pot.name ?? '') : this.#amount}` : words[kind]}
        </h2>
        ${hindrance ? html`<p class="note">${hindrance}</p>` : nothing} ${isForm ? this.#field() : nothing}
        ${this.#table()}
        <p class=${said ? `note ${kind}` : ''} role="status">${said}</p>
        <div class="moves">${this.#buttons(obstacle !== undefined || !family)}</div>
      </form>
    </dialog>`;
  }

  protected override updated(): void {
    const { kind } = this.#session.progress;
    // Home Assistant may have been gone: its next sign of life asks again.
    if (!this.family) void this.#read();
    const found = (selector: string) => this.shadowRoot?.querySelector<HTMLDialogElement>(selector);
    if (!this.#stage) found('dialog')?.showModal();
    // Not a button: a second Enter must confirm nothing.
    if (this.#stage !== kind) found(kind === 'form' ? 'input' : 'h2')?.focus();
    this.#stage = kind;
  }

  #sentence(progress: Progress): string {
    const { kind, sentence } = progress;
    const words = this.#words;
    if (kind === 'form') return this.mistake ?? (sentence === null ? words.silence : (sentence ?? ''));
    if (kind === 'unknown') return `${sentence ?? words.silence} ${words.once}`;
    return kind === 'moving' ? words.once : kind === 'refused' ? (sentence ?? '') : '';
  }

  #field() {
    return html`<label>
      ${this.#words.amount} (${this.#currency})
      <input
        inputmode="decimal"
        autocomplete="off"
        aria-invalid=${Boolean(this.mistake)}
        .value=${this.written ?? ''}
        @input=${({ target }: Event) => {
          this.written = (target as HTMLInputElement).value;
          this.mistake = undefined;
        }}
      />
    </label>`;
  }

  /** Both balances: before a move with what they will be, after it as they are. */
  #table() {
    const { hass, family } = this;
    const words = this.#words;
    const columns = this.#columns();
    const row = (name: string, side: 0 | 1) =>
      html`<tr>
        <th scope="row">${stranger(name)}</th>
        ${columns.map(
          (column) => html`<td class="amount">${shownAmount(column[side], this.#currency, hass.locale)}</td>`,
        )}
      </tr>`;
    if (!family || columns.length === 0) return nothing;
    return html`<table>
      <tr>
        <td></td>
        ${columns.map((_, index) => html`<th scope="col">${index === 0 ? words.now : words.after}</th>`)}
      </tr>
      ${row(family.account.name, 0)} ${row(family.pot.name, 1)}
    </table>`;
  }

  #columns(): readonly Column[] {
    const { progress } = this.#session;
    const { kind } = progress;
    if (kind !== 'confirm' && kind !== 'done') return [];
    const side = (end: string): Column => [
      amountIn(progress.answer, `account_balance${end}`),
      amountIn(progress.answer, `pot_balance${end}`),
    ];
    return kind === 'done' ? [side('')] : [side(''), side('_after')];
  }

  #buttons(isHindered: boolean) {
    const { hass } = this;
    const words = this.#words;
    const session = this.#session;
    const { kind } = session.progress;
    const common = (word: string) => hass.localize(`ui.common.${word}`);
    const close: Way = [common('close'), () => this.#close()];
    const back: Way = [common('back'), () => session.back()];
    const asks: Readonly<Partial<Record<Progress['kind'], readonly Way[]>>> = {
      form: [[common('continue')]],
      checking: [[common('loading')]],
      confirm: [[words.confirm(this.#amount), () => session.confirm()], back],
      unknown: [[words.again, () => session.askAgain()]],
      refused: [back],
    };
    return [...(asks[kind] ?? []), close].map(
      ([label, act], index) =>
        html`<button
          class=${index === 0 ? 'act' : 'act quiet'}
          type=${act ? 'button' : 'submit'}
          ?disabled=${kind === 'checking' || (isHindered && act !== close[1] && act !== back[1])}
          @click=${(event: MouseEvent) => {
            // By then the next stage is drawn, whose button may be the one that sends the form.
            if (act) event.preventDefault();
            // The second tap of a double one was not meant for what has come to stand below it.
            if (event.detail < 2) act?.();
          }}
        >
          ${label}
        </button>`,
    );
  }

  /** What was asked for, as the person reads it. */
  get #amount(): string {
    const amount = stateAmount(this.#session.draft?.amount, this.#currency);
    return shownAmount(amount, this.#currency, this.hass.locale);
  }

  get #currency(): string {
    const balance = this.hass.states[this.family?.pot.entities.balance ?? ''];
    const unit = balance?.attributes['unit_of_measurement'];
    return typeof unit === 'string' ? unit : 'GBP';
  }

  #submit(event: Event): void {
    event.preventDefault();
    const { direction } = this;
    const amount = writtenAmount(this.written ?? '', this.#currency, this.hass.locale);
    this.mistake = amount === null ? this.#words.wrong : undefined;
    if (amount !== null) void this.#session.check({ direction, amount: toMajorText(amount, this.#currency) });
  }

  #close(): void {
    this.shadowRoot?.querySelector('dialog')?.close();
  }

  #leave(): void {
    this.#session.leave();
    this.remove();
  }

  async #read(): Promise<void> {
    this.family = await familyOf(this.hass, this.pot).catch(() => undefined);
  }
}
