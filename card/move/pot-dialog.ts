import { html, nothing } from 'lit/html.js';
import { toMajorText } from '../../src/domain/values.ts';
import { balancesAfter } from '../../web/move/move-request.ts';
import { stranger } from '../../web/parts/stranger.ts';
import { CardElement } from '../card-element.ts';
import type { Hass } from '../hass.ts';
import { shared } from '../parts/styles.ts';
import { textsIn } from '../texts.ts';
import { dialogStyles } from './dialog-styles.ts';
import { sessionFor, type MoveSession, type Progress } from './move-session.ts';
import { amountIn, type Direction } from './outcome.ts';
import { familyOf, obstacleTo, type PotFamily } from './pot-family.ts';
import { moveTexts } from './move-texts.ts';
import { exampleAmount, shownAmount, stateAmount, writtenAmount } from './written-amount.ts';

type Minor = number | null;
/** What a button says, and what it does unless it sends the form. */
type Way = readonly [label: string, act?: () => unknown];
type Columns = readonly (readonly [account: Minor, pot: Minor])[];

/** Moves money into a pot or out of it: the form, what a trial says, the confirmation and the outcome. */
export class PotDialog extends CardElement {
  static override readonly properties = ['hass', 'family', 'written', 'mistake'];
  static override readonly styles = shared + dialogStyles;
  declare hass: Hass;
  /** The pot's device. */
  declare pot: string;
  declare direction: Direction;
  /** Undefined until it is read. */
  declare family: PotFamily | null | undefined;
  /** What is in the field. */
  declare written: string | undefined;
  /** Why that is no amount. */
  declare mistake: string | undefined;
  readonly #onChange = () => {
    this.mistake = undefined;
    this.requestUpdate();
  };
  #stage = '';

  get #session(): MoveSession {
    return sessionFor(this.hass, this.pot);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#session.addEventListener('change', this.#onChange);
    void this.#read();
  }

  disconnectedCallback(): void {
    this.#session.removeEventListener('change', this.#onChange);
  }

  protected override render() {
    const { hass, family, mistake } = this;
    const words = textsIn(hass, moveTexts);
    const { progress, draft } = this.#session;
    const { kind, sentence } = progress;
    const isForm = kind === 'form' || kind === 'checking';
    const obstacle = obstacleTo(hass, family?.bridge);
    const lost = hass.localize('ui.notification_toast.connection_lost');
    const member = isForm && hass.user?.is_admin === false ? words.member : '';
    const said = {
      ...{ form: mistake ?? sentence, checking: '', confirm: '', moving: words.movingHint },
      ...{ done: '', trial: '', refused: sentence },
      unknown: `${sentence || words.silence} ${words.againHint}`,
    }[kind];
    const direction = draft?.direction ?? this.direction;
    return html`<dialog aria-labelledby="heading" closedby="any" @close=${() => this.#leave()}>
      <form novalidate @submit=${(event: Event) => this.#submit(event)}>
        <h2 id="heading" tabindex="-1">
          ${isForm ? html`${words[direction]}: ${stranger(family?.pot.name ?? '')}` : kind === 'confirm' ? words.ask(this.#amount) : words[kind]}
        </h2>
        ${note(obstacle === null ? member : obstacle === 'disconnected' ? lost : words[obstacle])}
        ${isForm ? this.#field() : nothing} ${this.#table()}
        <p class=${said && `note ${kind}`} role="status">${said}</p>
        <div class="buttons">${this.#buttons(obstacle !== null)}</div>
      </form>
    </dialog>`;
  }

  protected override updated(): void {
    const { shadowRoot } = this;
    const { kind } = this.#session.progress;
    if (this.#stage === '') shadowRoot?.querySelector('dialog')?.showModal();
    // Not a button: a second Enter must confirm nothing.
    if (this.#stage !== kind)
      shadowRoot?.querySelector<HTMLElement>(kind === 'form' ? 'input' : 'h2')?.focus();
    this.#stage = kind;
  }

  #field() {
    const words = textsIn(this.hass, moveTexts);
    const { currency } = this.#money;
    const isWrong = this.mistake !== undefined;
    return html`<label>
      ${words.amount} (${currency})
      <input
        inputmode="decimal"
        autocomplete="off"
        aria-invalid=${isWrong}
        .value=${this.written ?? ''}
        @input=${({ target }: Event) => {
          this.written = (target as HTMLInputElement).value;
          this.mistake = undefined;
        }}
      />
    </label>`;
  }

  /** Both balances now and afterwards: before the move as Home Assistant and then the bridge know them, after it as they are. */
  #table() {
    const { hass, family } = this;
    const words = textsIn(hass, moveTexts);
    const columns = this.#columns();
    const { currency } = this.#money;
    const row = (name: string | undefined, side: 0 | 1) =>
      html`<tr>
        <th scope="row">${stranger(name ?? '')}</th>
        ${columns.map((column) => html`<td class="amount">${shownAmount(column[side], currency, hass.locale)}</td>`)}
      </tr>`;
    if (columns.length === 0) return nothing;
    const heads = [words.now, words.after].slice(0, columns.length);
    return html`<table>
      <tr>
        <td></td>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
      ${row(family?.account?.name, 0)} ${row(family?.pot.name, 1)}
    </table>`;
  }

  #columns(): Columns {
    const { progress } = this.#session;
    const { account, pot, currency } = this.#money;
    if (!('answer' in progress)) {
      const amount = writtenAmount(this.written ?? '', currency, this.hass.locale) ?? 0;
      const after = balancesAfter({ account, pot }, amount, this.direction);
      return progress.kind === 'moving'
        ? []
        : [
            [account, pot],
            [after.account, after.pot],
          ];
    }
    const { kind, answer } = progress;
    const side = (end: string) =>
      [amountIn(answer, `account_balance${end}`), amountIn(answer, `pot_balance${end}`)] as const;
    if (kind === 'refused' || kind === 'unknown') return [];
    return kind === 'confirm' ? [side(''), side('_after')] : [side('')];
  }

  #buttons(isHindered: boolean) {
    const { hass } = this;
    const words = textsIn(hass, moveTexts);
    const session = this.#session;
    const { kind } = session.progress;
    const common = (word: string) => hass.localize(`ui.common.${word}`);
    const close = [common('close'), () => this.#close()] as const;
    const back = [common('back'), () => session.back()] as const;
    const ways: Readonly<Record<Progress['kind'], readonly [Way, ...Way[]]>> = {
      form: [[common('continue')], close],
      checking: [[common('loading')], close],
      confirm: [[words.confirm(this.#amount), () => session.confirm()], back, close],
      moving: [close],
      done: [close],
      trial: [close],
      refused: [back, close],
      unknown: [[words.again, () => session.askAgain()], close],
    };
    const [[label, act], ...others] = ways[kind];
    const isMoving = kind === 'form' || kind === 'confirm' || kind === 'unknown';
    // The second tap of a double one was not meant for what has come to stand below it.
    const once = ({ detail }: MouseEvent) => void (detail < 2 && act?.());
    return [
      html`<button
        class="act"
        type=${act ? 'button' : 'submit'}
        ?disabled=${kind === 'checking' || (isMoving && (isHindered || !this.family))}
        @click=${once}
      >
        ${label}
      </button>`,
      ...others.map(
        ([label, act]) => html`<button class="act quiet" type="button" @click=${act}>${label}</button>`,
      ),
    ];
  }

  /** What was asked for, as the person reads it. */
  get #amount(): string {
    const { currency } = this.#money;
    return shownAmount(stateAmount(this.#session.draft?.amount, currency), currency, this.hass.locale);
  }

  /** The currency, and both balances as Home Assistant has them. */
  get #money() {
    const { states } = this.hass;
    const state = states[this.family?.pot.entities.balance ?? ''];
    const currency = String(state?.attributes['unit_of_measurement'] ?? 'GBP');
    const account = states[this.family?.account?.entities.balance ?? ''];
    return {
      currency,
      account: stateAmount(account?.state, currency),
      pot: stateAmount(state?.state, currency),
    };
  }

  #submit(event: Event): void {
    event.preventDefault();
    const { hass, direction } = this;
    const { currency } = this.#money;
    const amount = writtenAmount(this.written ?? '', currency, hass.locale);
    if (amount !== null) void this.#session.check({ direction, amount: toMajorText(amount, currency) });
    else this.mistake = textsIn(hass, moveTexts).wrong(exampleAmount(currency, hass.locale));
  }

  #close(): void {
    this.shadowRoot?.querySelector('dialog')?.close();
  }

  #leave(): void {
    this.#session.leave();
    this.remove();
  }

  async #read(): Promise<void> {
    this.family = await familyOf(this.hass, this.pot).catch(() => null);
  }
}

function note(text: string) {
  return text && html`<p class="note">${text}</p>`;
}
