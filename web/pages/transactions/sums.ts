import { html, nothing, type TemplateResult } from 'lit';
import type { SearchSum } from '../../api/search.ts';
import { count, money } from '../../format.ts';
import { texts } from '../../texts/search.ts';

const words = texts.sums;

/** What all transactions found add up to; its place is kept until that is known. */
export function sumsPanel(
  sums: readonly SearchSum[] | null,
  isOld: boolean,
): TemplateResult | typeof nothing {
  if (sums?.length === 0) return nothing;
  return html`<section class="found-sums ${isOld ? 'old' : ''}" aria-label=${words.label} aria-busy=${isOld}>
    ${sums === null ? figures(null) : sums.map((sum) => html`${figures(sum)} ${notes(sum)}`)}
  </section>`;
}

function figures(sum: SearchSum | null): TemplateResult {
  const amount = (minor: number | undefined) =>
    sum === null || minor === undefined ? words.pending : money(minor, sum.currency, { signed: true });
  const shown = [
    [words.in, amount(sum?.in_minor), (sum?.in_minor ?? 0) > 0 ? 'in' : ''],
    [words.out, amount(sum?.out_minor), ''],
    [words.net, amount(sum?.net_minor), (sum?.net_minor ?? 0) > 0 ? 'in' : ''],
    [words.count, sum === null ? words.pending : count(sum.count), ''],
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

function notes({ currency, unmoved, ...sum }: SearchSum): TemplateResult | typeof nothing {
  const [came, went] = [sum.internal_in_minor, sum.internal_out_minor];
  const isAll = came === sum.in_minor && went === sum.out_minor;
  const internal = isAll ? '' : internalInWords(sum, currency);
  const still = unmoved === 0 ? '' : words.unmoved(unmoved);
  if (internal === '' && still === '') return nothing;
  return html`<p class="hint">
    ${[internal, still].filter((text) => text !== '').map((text) => html`<span>${text}</span> `)}
  </p>`;
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
