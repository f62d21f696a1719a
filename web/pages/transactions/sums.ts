import { html, type TemplateResult } from 'lit';
import type { SearchSum } from '../../api/search.ts';
import { count, money } from '../../format.ts';
import { texts } from '../../texts/search.ts';

const words = texts.sums;

/** What all transactions found add up to; its place is kept until that is known. */
export function sumsPanel(sums: readonly SearchSum[] | null, isOld: boolean): TemplateResult {
  const shown = sums === null || sums.length === 0 ? [null] : sums;
  return html`<section class="found-sums ${isOld ? 'old' : ''}" aria-label=${words.label} aria-busy=${isOld}>
    ${shown.map((sum) => html`${figures(sum, sums !== null)} ${notes(sum)}`)}
  </section>`;
}

function figures(sum: SearchSum | null, isKnown: boolean): TemplateResult {
  const { pending, none } = words;
  const amount = (minor: number | undefined) => {
    if (sum === null || minor === undefined) return isKnown ? none : pending;
    return money(minor, sum.currency, { signed: true });
  };
  const shown = [
    [words.in, amount(sum?.in_minor), (sum?.in_minor ?? 0) > 0 ? 'in' : ''],
    [words.out, amount(sum?.out_minor), ''],
    [words.net, amount(sum?.net_minor), (sum?.net_minor ?? 0) > 0 ? 'in' : ''],
    [words.count, isKnown ? count(sum?.count ?? 0) : pending, ''],
  ] as const;
  return html`<dl>
    ${shown.map(
      ([label, value, tone]) =>
        html`<div>
          <dt>${label}</dt>
          <dd class="amount ${tone}">${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Keeps the place of a line where there is nothing to say. */
function notes(found: SearchSum | null): TemplateResult {
  return html`<p class="hint">
    ${found === null ? [] : saidOf(found).map((text) => html`<span>${text}</span> `)}
  </p>`;
}

function saidOf({ currency, unmoved, ...sum }: SearchSum): readonly string[] {
  const [came, went] = [sum.internal_in_minor, sum.internal_out_minor];
  const isAll = came === sum.in_minor && went === sum.out_minor;
  const internal = isAll ? '' : internalInWords(sum, currency);
  const still = unmoved === 0 ? '' : words.unmoved(unmoved);
  return [internal, still].filter((text) => text !== '');
}

function internalInWords(
  { internal_in_minor: came, internal_out_minor: went }: Omit<SearchSum, 'currency' | 'unmoved'>,
  currency: string,
): string {
  if (came === 0 && went === 0) return '';
  if (came === 0) return words.internal.out(money(-went, currency));
  if (went === 0) return words.internal.in(money(came, currency));
  return words.internal.both(money(came, currency), money(-went, currency));
}
