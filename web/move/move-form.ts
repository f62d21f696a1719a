import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { WrongField } from '../api/client.ts';
import type { Account, Pot } from '../api/contract.ts';
import type { Direction, MoveRequest } from '../api/moves.ts';
import { placesOf } from '../../src/domain/values.ts';
import { decimal, here, money, typed, written } from '../format.ts';
import type { Page } from '../page.ts';
import '../parts/form.ts';
import type { Submit } from '../parts/form.ts';
import { texts } from '../texts/move.ts';
import { balanceTable } from './balance-table.ts';
import { wayOut } from './way-out.ts';
import { balancesAfter, balancesOf, minorOf } from './move-request.ts';

const directions = ['deposit', 'withdraw'] as const;

/** The amount, account and pot; the balances beside them follow what is typed. */
export class MoveForm extends LitElement {
  static override properties = {
    page: { attribute: false },
    target: {},
    draft: { attribute: false },
    submit: { attribute: false },
    cancel: { attribute: false },
    potId: { state: true },
    direction: { state: true },
    written: { state: true },
  };
  declare page: Page;
  /** The account or pot the dialog was opened for. */
  declare target: string;
  /** The earlier request that is being changed. */
  declare draft: MoveRequest | null;
  declare submit: (request: MoveRequest) => Promise<void>;
  declare cancel: () => void;
  declare potId: string | null;
  declare direction: Direction;
  declare written: string;

  constructor() {
    super();
    this.target = '';
    this.draft = null;
    this.potId = null;
    this.direction = 'deposit';
    this.written = '';
  }

  override createRenderRoot(): this {
    return this;
  }

  override willUpdate(changes: PropertyValues<this>): void {
    if (!changes.has('draft') || this.draft === null) return;
    this.potId = this.draft.pot;
    this.direction = this.draft.transfer_type;
    this.written = typed(this.draft.amount);
  }

  override render() {
    const pot = this.#pot();
    const account = this.page.knowledge.accounts.find(({ id }) => id === pot?.account_id);
    if (!pot || !account) return html`<p>${texts.noPot}</p>`;
    const back = html`<button type="button" class="quiet" @click=${() => this.cancel()}>
      ${texts.cancel}
    </button>`;
    const send: Submit = async () => {
      const amount = minorOf(this.written, placesOf(pot.currency), here);
      if (amount === null) throw new WrongField('amount', texts.wrongAmount(exampleIn(pot.currency)));
      const text = decimal(amount, placesOf(pot.currency));
      await this.submit({ account: account.id, pot: pot.id, transfer_type: this.direction, amount: text });
    };
    return html`<mb-form
      .fields=${this.#fields(account, pot)}
      .label=${texts.check}
      .aside=${back}
      .submit=${send}
      .wayOut=${wayOut}
    ></mb-form>`;
  }

  #fields(account: Account, pot: Pot): TemplateResult {
    const { currency } = pot;
    const amount = minorOf(this.written, placesOf(currency), here) ?? 0;
    const now = balancesOf(account, pot);
    const after = balancesAfter(now, amount, this.direction);
    return html`${this.#potField(pot)}
      <fieldset class="directions">
        <legend>${texts.direction}</legend>
        ${directions.map((direction) => this.#directionOption(direction))}
      </fieldset>
      <div class="field">
        <label for="amount">${texts.amount}</label>
        <input
          id="amount"
          name="amount"
          type="text"
          inputmode="decimal"
          autocomplete="off"
          required
          aria-describedby="amount-hint"
          .value=${this.written}
          @input=${({ target }: InputEvent) => {
            if (target instanceof HTMLInputElement) this.written = target.value;
          }}
        />
        <p class="hint" id="amount-hint">${texts.amountHint(exampleIn(currency), currency)}</p>
      </div>
      ${balanceTable({ account, pot, currency }, [
        [now.account, now.pot],
        [after.account, after.pot],
      ])}`;
  }

  /** Every pot below its account: choosing one chooses both. */
  #potField(chosen: Pot): TemplateResult {
    const { accounts, pots } = this.page.knowledge;
    const groups = accounts.flatMap((account) => {
      const own = pots.filter((pot) => pot.account_id === account.id);
      return own.length === 0 ? [] : [{ account, own }];
    });
    const choose = ({ target }: Event) => {
      if (target instanceof HTMLSelectElement) this.potId = target.value;
    };
    return html`<div class="field">
      <label for="pot-of-move">${texts.pot}</label>
      <select id="pot-of-move" name="pot" @change=${choose}>
        ${groups.map(
          ({ account, own }) =>
            html`<optgroup label=${account.name}>
              ${own.map(
                (pot) =>
                  html`<option value=${pot.id} .selected=${pot.id === chosen.id}>
                    ${pot.name}, ${money(pot.balance_minor, pot.currency)}
                  </option>`,
              )}
            </optgroup>`,
        )}
      </select>
    </div>`;
  }

  #directionOption(direction: Direction): TemplateResult {
    return html`<label class="option">
      <input
        type="radio"
        name="direction"
        value=${direction}
        .checked=${direction === this.direction}
        @change=${() => {
          this.direction = direction;
        }}
      />
      <span>${texts.directions[direction]}</span>
    </label>`;
  }

  #pot(): Pot | undefined {
    const { pots } = this.page.knowledge;
    const wanted = this.potId ?? this.target;
    const isWanted = ({ id, account_id: accountId }: Pot) => id === wanted || accountId === wanted;
    return pots.find(isWanted) ?? pots[0];
  }
}

function exampleIn(currency: string): string {
  return written(1_250, placesOf(currency));
}

customElements.define('mb-move-form', MoveForm);
