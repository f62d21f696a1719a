import { html, type TemplateResult } from 'lit';
import { WrongField } from '../../api/client.ts';
import type { Limits, RailSet } from '../../api/moves.ts';
import { here, typed, written } from '../../format.ts';
import { withPoint } from '../../written-number.ts';
import { texts as moves } from '../../texts/moves.ts';

const texts = moves.rails;

/** The three limits, in the order in which they are shown. */
export const kinds = ['per_move', 'per_day', 'floor'] as const satisfies readonly (keyof RailSet)[];

/** One amount of the form: what it limits, for which account (null: all together) and in which currency. */
export interface LimitField {
  readonly account: string | null;
  readonly kind: keyof RailSet;
  readonly currency: string;
}

export function limitField(field: LimitField, label: string, limits: Limits): TemplateResult {
  const name = nameOf(field);
  return html`<div class="field">
    <label for=${name}>${label}</label>
    <input
      id=${name}
      name=${name}
      inputmode="decimal"
      autocomplete="off"
      .value=${typed(limits[field.currency] ?? '')}
    />
  </div>`;
}

/** The amounts in these fields; an empty field is no limit. Throws a `WrongField` for the first that is not an amount. */
export function limitsIn(fields: readonly LimitField[], read: (name: string) => string): Limits {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const name = nameOf(field);
      const text = read(name);
      if (text === '') return [];
      const amount = amountText(text);
      if (amount === null) throw new WrongField(name, texts.wrongAmount(written(1_250, 2)));
      return [[field.currency, amount]];
    }),
  );
}

/** A typed amount as the decimal text the bridge expects; null if it is not an amount. */
export function amountText(typedText: string, locale = here): string | null {
  const text = withPoint(typedText, locale);
  return /^\d{1,12}(\.\d{1,4})?$/.test(text) ? text : null;
}

/** The named currencies, and last the one for all others. */
export function currenciesOf(limits: Limits): readonly string[] {
  const named = Object.keys(limits).filter((currency) => currency !== '*');
  return Object.hasOwn(limits, '*') ? [...named, '*'] : named;
}

function nameOf({ account, kind, currency }: LimitField): string {
  return `${kind}-${currency}${account === null ? '' : `-${account}`}`;
}
