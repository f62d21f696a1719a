import './overview.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import './recent.ts';
import { pace } from '../../api/pace.ts';
import { answerFor } from '../../parts/answer.ts';
import { monthCard, outlookOf } from './month.ts';
import { money, row } from '../../format.ts';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { accountCard } from '../../parts/money.ts';
import { hashOf } from '../../route.ts';
import { bank } from '../../texts/bank.ts';
import { texts } from '../../texts/overview.ts';
import { texts as people } from '../../texts/people.ts';
import { concernsOf, type Concern, type Remedy } from './attention.ts';
import type { Login } from '../../api/contract.ts';
import { favouritesFirst } from '../../favourites.ts';
import { isReadingHistory } from '../../set-up/place.ts';
import { pendingMove } from '../../move/memory.ts';
import { texts as move } from '../../texts/move.ts';
import { toneOfLogin } from '../../parts/login-tone.ts';
import { moveHash, potTools } from './pot-tools.ts';
import { householdsOf, sumsOf, type Household, type Sum } from './households.ts';

/** What needs attention, totals, and everyone's accounts and pots. */
export class OverviewPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  readonly #pace = answerFor(this, {
    args: () => [this.page.knowledge.lastEvent] as const,
    ask: (_args, signal) => pace(this.page.call, signal),
  });

  override createRenderRoot(): this {
    return this;
  }

  /** Reopens the dialog of a move that a reload interrupted. */
  override firstUpdated(): void {
    const { route: current, change } = this.page;
    if (pendingMove(sessionStorage) !== null && !current.query.has('move')) change({ move: 'interrupted' });
  }

  override render() {
    const { knowledge } = this.page;
    const { logins, accounts } = knowledge;
    const { urgent, passing } = concernsOf(knowledge);
    return html`<div class="beside">${heading(texts.heading)} ${this.#moveButton()}</div>
      ${attention(this.page, 'attention', urgent)} ${attention(this.page, 'passing', passing)}
      ${accounts.length === 0 ? html`<p class="soft">${texts.none}</p>` : sums(sumsOf(accounts))}
      <div class="spread">
        <div class="news">${monthCard(this.#pace)}<mb-recent .page=${this.page}></mb-recent></div>
        <div class="homes">
          ${householdsOf(logins ?? [], accounts).map((household) => this.#household(household))}
        </div>
      </div>
      ${this.#move()}`;
  }

  /** Within reach however many pots there are; opens with the first favourite. */
  #moveButton() {
    const { knowledge, favourites } = this.page;
    const [pot] = favouritesFirst(knowledge.pots, favourites);
    if (pot === undefined) return nothing;
    return html`<a class="button main" href=${moveHash(pot.id)}>${move.open}</a>`;
  }

  /** The dialog's code is loaded on first use. */
  #move() {
    const target = this.page.route.query.get('move');
    if (target === null || this.page.knowledge.accounts.length === 0) return nothing;
    if (!customElements.get('mb-move')) {
      void import('../../move/move-dialog.ts').then(() => this.requestUpdate());
      return nothing;
    }
    return html`<mb-move .page=${this.page} .target=${target}></mb-move>`;
  }

  #household({ owners, accounts }: Household): TemplateResult {
    const [owner, ...others] = owners;
    const name = owners.length === 0 ? texts.noOwner : row(owners.map((login) => login.name));
    const id = `household-${owners.map((login) => login.id).join('-')}`;
    const parts = potTools(this.page, (pot) => outlookOf(this.#pace.value, pot));
    return html`<section aria-labelledby=${id}>
      <div class="household">
        <h2 id=${id}>${name}</h2>
        ${
          owner && others.length === 0
            ? html`<span class="state ${toneOfLogin(owner)}">${people.people.states[owner.state]}</span>
                ${reading(owner)}`
            : nothing
        }
      </div>
      ${accounts.length === 0 ? html`<p class="soft">${texts.none}</p>` : nothing}
      <div class="accounts">
        ${accounts.map((account) => accountCard(this.page.knowledge, account, parts))}
      </div>
    </section>`;
  }
}

/** Needs nobody, and is worth to know: figures are not whole yet. */
function reading(login: Login) {
  if (!isReadingHistory(login)) return nothing;
  return html`<p class="soft amounts" role="status">${texts.reading(login.history.read)}</p>`;
}

function attention(page: Page, id: string, concerns: readonly Concern[]) {
  if (concerns.length === 0) return nothing;
  return html`<section aria-labelledby=${id}>
    <h2 id=${id}>${id === 'attention' ? texts.attention : texts.passing}</h2>
    <ul class="concerns">
      ${concerns.map(
        ({ tone, sentence, remedy }) =>
          html`<li class="notice ${tone}">
            <p>${sentence}</p>
            ${remedied(page, remedy)}
          </li>`,
      )}
    </ul>
  </section>`;
}

function remedied(page: Page, remedy: Remedy): TemplateResult {
  const { label } = remedy;
  return 'to' in remedy
    ? html`<a class="button quiet small" href=${hashOf(remedy.to)}>${label}</a>`
    : html`<button type="button" class="quiet small" @click=${() => remedy.act(page)}>${label}</button>`;
}

function sums(all: readonly Sum[]): TemplateResult {
  return html`<section class="sums" aria-label=${texts.total}>
    ${all.map(
      ({ currency, total, spent }) =>
        html`<dl class="sum">
          <div>
            <dt>${texts.totalOf(currency)}</dt>
            <dd class="hero">${money(total, currency)}</dd>
          </div>
          <div>
            <dt>${bank.spent}</dt>
            <dd>${money(spent, currency)}</dd>
          </div>
        </dl>`,
    )}
  </section>`;
}

customElements.define('mb-overview', OverviewPage);
