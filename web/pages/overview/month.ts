import { html, nothing, type TemplateResult } from 'lit';
import type { Pot } from '../../api/contract.ts';
import type { Pace, SpendingPace } from '../../api/pace.ts';
import { areAmountsHidden, inSentence, money, monthInWords } from '../../format.ts';
import type { Answer } from '../../parts/answer.ts';
import { hashOf, route } from '../../route.ts';
import { paceTexts as texts } from '../../texts/pace.ts';

/** What was spent this month, beside what is usual by this day. */
export function monthCard({ value, problem }: Answer<Pace>): TemplateResult {
  const shown = value?.spending.filter(isWorthSaying) ?? [];
  return html`<section class="card month" aria-labelledby="month">
    <header>
      <h2 id="month">${texts.heading}</h2>
      <a href=${hashOf(route('charts'))} aria-label=${texts.chartsOf}>${texts.charts}</a>
    </header>
    <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
    ${value !== null && shown.length === 0 ? html`<p class="soft">${texts.none}</p>` : nothing}
    ${shown.map(inCurrency)}
  </section>`;
}

function isWorthSaying({ spent_minor: spent, usual_minor: usual }: SpendingPace): boolean {
  return spent === null || spent !== 0 || (usual !== null && usual !== 0);
}

function inCurrency(pace: SpendingPace): TemplateResult {
  const { currency, spent_minor: spent, usual_minor: usual, usual_months: months } = pace;
  if (spent === null) return html`<p class="soft">${texts.unread(currency)}</p>`;
  return html`<div class="pace">
    <p><span class="balance">${money(spent, currency)}</span> <span class="soft">${texts.spent}</span></p>
    ${bar(pace, spent)}
    <p>${usual === null ? texts.noUsual : compared(spent - usual, currency)}</p>
    ${months.length === 0 ? nothing : html`<p class="hint">${texts.average(months.length)}</p>`}
  </div>`;
}

function compared(difference: number, currency: string): string {
  if (difference === 0) return texts.same;
  const amount = money(Math.abs(difference), currency);
  return difference > 0 ? texts.more(amount) : texts.less(amount);
}

/** How much of what is usual in a whole month is spent; none where nothing usually is. */
function bar({ currency, usual_month_minor: usual }: SpendingPace, spent: number) {
  if (usual === null || usual <= 0) return nothing;
  const filled = Math.max(0, Math.min(spent, usual));
  // The bar's own figures are read out, too.
  const [max, value] = areAmountsHidden() ? [100, Math.round((100 * filled) / usual)] : [usual, filled];
  return html`<progress
      max=${max}
      value=${value}
      aria-label=${texts.ofMonth(money(usual, currency))}
    ></progress>
    <p class="hint">${texts.usualMonth(money(usual, currency))}</p>`;
}

/** What is left to a pot's goal, or when it is reached at the pace of the last months; null without a goal. */
export function outlookOf(pace: Pace | null, pot: Pot): string | null {
  const { id, currency, balance_minor: balance, goal_minor: goal } = pot;
  if (goal === null) return null;
  if (balance >= goal) return texts.reached;
  const found = pace?.pots.find((one) => one.id === id);
  if (found === undefined) return texts.left(money(goal - balance, currency));
  const month = monthInWords(found.goal_reached_in, inSentence);
  return texts.outlook(money(found.per_month_minor, currency), month);
}
