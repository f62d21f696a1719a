import './overview.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { money, row } from '../../format.ts';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { accountCard } from '../../parts/money.ts';
import { changed, hashOf, route } from '../../route.ts';
import { bank } from '../../texts/bank.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/overview.ts';
import { texts as people } from '../../texts/people.ts';
import { concernsOf, type Concern } from './attention.ts';
import type { Account } from '../../api/contract.ts';
import { pendingMove } from '../../move/memory.ts';
import { texts as move } from '../../texts/move.ts';
import { householdsOf, sumsOf, type Household, type Sum } from './households.ts';

/** What needs attention, totals, and everyone's accounts and pots. */
export class OverviewPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  /** Reopens the dialog of a move that a reload interrupted. */
  override firstUpdated(): void {
    const { route: current, travel } = this.page;
    if (pendingMove(sessionStorage) !== null && !current.query.has('move'))
      travel(changed(current, { move: 'interrupted' }), 'instead');
  }

  override render() {
    const { knowledge } = this.page;
    const { logins, accounts } = knowledge;
    const concerns = concernsOf(knowledge);
    return html`${heading(texts.heading)} ${concerns.length === 0 ? nothing : attention(concerns)}
    ${accounts.length === 0 ? html`<p class="soft">${texts.none}</p>` : sums(sumsOf(accounts))}
    ${householdsOf(logins ?? [], accounts).map((household) => this.#household(household))} ${this.#move()}`;
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
    return html`<section aria-labelledby=${id}>
      <div class="household">
        <h2 id=${id}>${name}</h2>
        ${
          owner && others.length === 0
            ? html`<span class="state ${toneOf(owner.state)}">${people.people.states[owner.state]}</span>`
            : nothing
        }
      </div>
      ${accounts.length === 0 ? html`<p class="soft">${texts.none}</p>` : nothing}
      <div class="columns">
        ${accounts.map((account) => accountCard(this.page.knowledge, account, moveLink(account)))}
      </div>
    </section>`;
  }
}

function moveLink({ id, name }: Account): TemplateResult {
  return html`<p class="buttons">
    <a
      class="button quiet small"
      href=${hashOf(route('overview', { move: id }))}
      aria-label=${move.openFor(name)}
      >${move.open}</a
    >
  </p>`;
}

function attention(concerns: readonly Concern[]): TemplateResult {
  return html`<section aria-labelledby="attention">
    <h2 id="attention">${texts.attention}</h2>
    <ul class="concerns">
      ${concerns.map(
        ({ tone, sentence, page }) =>
          html`<li class="notice ${tone}">
            <p>${sentence}</p>
            <a href=${hashOf(route(page))}>${common.navigation.words[page]}</a>
          </li>`,
      )}
    </ul>
  </section>`;
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

function toneOf(state: string): string {
  return state === 'active' ? 'good' : state === 'needs_authorisation' ? 'bad' : 'warn';
}

customElements.define('mb-overview', OverviewPage);
