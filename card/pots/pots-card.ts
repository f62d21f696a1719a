import { html, nothing } from 'lit/html.js';
import { stranger } from '../../web/parts/stranger.ts';
import { css } from '../card-element.ts';
import { hasValue, tell, type Hass } from '../hass.ts';
import { deviceOf, type Part } from '../household.ts';
import { numberLocale } from '../money.ts';
import { moveButtons } from '../move/move-buttons.ts';
import { sessionFor } from '../move/move-session.ts';
import { MoneyCard } from '../parts/money-card.ts';
import { formFor } from '../parts/settings-form.ts';
import type { Registration } from '../registration.ts';
import type { PotsSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { potsTexts } from './pots-texts.ts';
import { goalOf, shownPots } from './shown-pots.ts';

/** Pots with balance and goal, and buttons to move money. */
class PotsCard extends MoneyCard<PotsSettings> {
  readonly #onMove = () => this.requestUpdate();

  static getConfigForm() {
    return formFor('title', 'account', 'pots', 'hide_amounts');
  }

  static getStubConfig() {
    return {};
  }

  getCardSize(): number {
    return 1 + 2 * this.#pots().length;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: 'auto' };
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const { hass } = this;
    for (const pot of this.#pots())
      if (hass && pot) sessionFor(hass, pot.id).removeEventListener('change', this.#onMove);
  }

  protected override entityIds(): readonly string[] {
    return this.#pots().flatMap((pot) => Object.values(pot?.entities ?? {}));
  }

  protected override titleIn(hass: Hass): string {
    return textsIn(hass, potsTexts).title;
  }

  protected override content(hass: Hass) {
    const words = textsIn(hass, potsTexts);
    const pots = this.#pots();
    return html`<ul class="content">
      ${pots.map((pot) => (pot ? this.#row(pot, hass) : html`<li>${words.gone}</li>`))}
      ${this.household && pots.length === 0 ? html`<li>${words.none}</li>` : nothing}
    </ul>`;
  }

  #row(pot: Part, hass: Hass) {
    const { balance: entityId = '', locked = '' } = pot.entities;
    const balance = hass.states[entityId];
    const isLocked = hass.states[locked]?.state === 'on';
    // Adding the same listener again has no effect.
    sessionFor(hass, pot.id).addEventListener('change', this.#onMove);
    return html`<li>
      <button class="name" @click=${() => entityId && tell(this, 'hass-more-info', { entityId })}>
        ${stranger(pot.name)} ${isLocked ? `(${textsIn(hass, potsTexts).locked})` : ''}
      </button>
      ${this.amount(hasValue(balance) ? hass.formatEntityState(balance) : '–')} ${this.#goal(pot, hass)}
      <div class="moves">${moveButtons(hass, pot)}</div>
    </li>`;
  }

  #goal(pot: Part, hass: Hass) {
    const found = goalOf(hass, pot);
    if (!found) return nothing;
    const { goal, percent } = found;
    const share = new Intl.NumberFormat(numberLocale(hass.locale), { style: 'percent' }).format(
      percent / 100,
    );
    const label = textsIn(hass, potsTexts).goal(share);
    return html`<progress max="100" value=${percent} aria-label=${label}></progress>
      <span class="soft">${label} ${this.amount(hass.formatEntityState(goal))}</span>`;
  }

  #pots() {
    return this.household ? shownPots(this.household, this.settings) : [];
  }

  static override readonly styles = [
    ...super.styles,
    css`
      ul {
        container-type: inline-size;
      }
      .name {
        padding: 8px 0;
        text-align: start;
        overflow-wrap: anywhere;
      }
      progress,
      li > .moves {
        grid-column: 1 / -1;
        width: 100%;
      }
      progress {
        block-size: 6px;
        accent-color: var(--primary-color);
      }
      @container (inline-size > 420px) {
        li {
          grid-template-columns: 1fr auto 220px;
        }
        li > .moves {
          grid-area: 1 / 3;
        }
      }
    `,
  ];
}

export const pots: readonly Registration[] = [
  {
    tag: 'monzo-pots',
    element: PotsCard,
    card: {
      type: 'monzo-pots',
      name: 'Monzo: pots',
      description: 'Pots with balances, goals and a way to move money.',
      preview: true,
      getEntitySuggestion: (hass, entityId) => {
        const pot = deviceOf(hass, entityId, 'pot');
        return pot && { config: { type: 'custom:monzo-pots', pots: [pot.id] } };
      },
    },
  },
];
