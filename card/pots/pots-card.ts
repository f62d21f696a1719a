import { html, nothing } from 'lit/html.js';
import { stranger } from '../../web/parts/stranger.ts';
import { CardElement, css, type Changed } from '../card-element.ts';
import { hasValue, tell, type Hass } from '../hass.ts';
import { deviceOf, kindOf, readHousehold, type Household, type Part } from '../household.ts';
import { numberLocale } from '../money.ts';
import { moveButtons } from '../move/move-buttons.ts';
import { sessionFor } from '../move/move-session.ts';
import { freshen } from '../move/open-move.ts';
import { amount, amountsButton, type Hiding } from '../parts/amounts.ts';
import { isNews } from '../parts/changes.ts';
import { checkSettings, formFor, hereIn } from '../parts/settings-form.ts';
import { cardStyles } from '../parts/styles.ts';
import type { Registration } from '../registration.ts';
import type { PotsSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { potsTexts } from './pots-texts.ts';
import { goalOf, shownPots } from './shown-pots.ts';

/** Pots with balance and goal, and buttons to move money. */
class PotsCard extends CardElement {
  static override readonly properties = ['hass', 'settings', 'household', 'isShown'];
  declare hass?: Hass;
  declare settings: PotsSettings;
  declare household?: Household;
  /** Whether hidden amounts were tapped. */
  declare isShown?: boolean;
  #readFrom: Hass | undefined;
  readonly #onMove = () => this.requestUpdate();

  static getConfigForm() {
    return formFor(['title', 'account', 'pots', 'hide_amounts']);
  }

  static getStubConfig({ devices }: Hass) {
    const pot = Object.values(devices).find((device) => kindOf(device) === 'pot');
    return { account: pot?.via_device_id ?? undefined };
  }

  setConfig(settings: PotsSettings): void {
    checkSettings(settings);
    this.settings = settings;
  }

  getCardSize(): number {
    return 1 + 2 * this.#pots().length;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: 'auto' };
  }

  disconnectedCallback(): void {
    const { hass } = this;
    this.isShown = false;
    for (const pot of this.#pots())
      if (hass && pot) sessionFor(hass, pot.id).removeEventListener('change', this.#onMove);
  }

  protected override shouldUpdate(changed: Changed): boolean {
    const { hass } = this;
    if (!hass) return false;
    freshen(hass);
    if (this.#readFrom?.devices !== hass.devices || this.#readFrom.entities !== hass.entities) {
      this.#readFrom = hass;
      void this.#read(hass);
    }
    return isNews(
      changed,
      hass,
      this.#pots().flatMap((pot) => Object.values(pot?.entities ?? {})),
    );
  }

  protected override render() {
    const { hass, household, settings } = this;
    if (!hass || !household) return nothing;
    const words = textsIn(hass, potsTexts);
    const pots = this.#pots();
    return html`<ha-card>
      <header>
        <h2>${settings.title ?? words.title}</h2>
        ${amountsButton(this.#hiding(hass))}
      </header>
      <ul class="content">
        ${pots.map((pot) => (pot ? this.#row(pot, hass) : html`<li>${words.gone}</li>`))}
        ${pots.length > 0 ? nothing : html`<li>${words.none}</li>`}
      </ul>
    </ha-card>`;
  }

  #row(pot: Part, hass: Hass) {
    const { balance: entityId = '', locked = '' } = pot.entities;
    const balance = hass.states[entityId];
    const shown = hasValue(balance) ? hass.formatEntityState(balance) : '–';
    const lock = html`<ha-icon
      icon="mdi:lock"
      role="img"
      aria-label=${textsIn(hass, potsTexts).locked}
    ></ha-icon>`;
    // Adding the same listener again has no effect.
    sessionFor(hass, pot.id).addEventListener('change', this.#onMove);
    return html`<li>
      <button class="name" @click=${() => entityId && tell(this, 'hass-more-info', { entityId })}>
        ${stranger(pot.name)} ${hass.states[locked]?.state === 'on' ? lock : nothing}
      </button>
      ${amount(shown, this.#hiding(hass))} ${this.#goal(pot, hass)}
      <div class="moves">${moveButtons(hass, pot)}</div>
    </li>`;
  }

  /** Hidden amounts hide how much of the goal is there, too. */
  #goal(pot: Part, hass: Hass) {
    const found = this.#hiding(hass).isHidden ? null : goalOf(hass, pot);
    if (found === null) return nothing;
    const { goal, percent } = found;
    const share = new Intl.NumberFormat(numberLocale(hass.locale), { style: 'percent' }).format(
      percent / 100,
    );
    const label = textsIn(hass, potsTexts).goal(share, hass.formatEntityState(goal));
    return html`<progress max="100" value=${percent} aria-label=${label}></progress>
      <span class="soft">${label}</span>`;
  }

  #hiding(hass: Hass): Hiding {
    return {
      hass,
      isHidden: this.settings.hide_amounts ? !this.isShown : undefined,
      toggle: () => {
        this.isShown = !this.isShown;
      },
    };
  }

  #pots() {
    return this.household ? shownPots(this.household, this.settings) : [];
  }

  async #read(hass: Hass): Promise<void> {
    try {
      this.household = await readHousehold(hass);
    } catch {
      // Home Assistant is gone for the moment: its next sign of life asks again.
      this.#readFrom = undefined;
    }
  }

  static override readonly styles =
    cardStyles +
    css`
      ul {
        container-type: inline-size;
      }
      .name {
        padding: 8px 0;
        text-align: start;
        overflow-wrap: anywhere;
      }
      ha-icon {
        --mdc-icon-size: 16px;
      }
      progress,
      .moves {
        grid-column: 1 / -1;
        inline-size: 100%;
      }
      progress {
        block-size: 6px;
        accent-color: var(--primary-color);
      }
      li > .soft {
        grid-column: 1 / -1;
      }
      @container (inline-size > 420px) {
        li {
          grid-template-columns: 1fr auto 220px;
        }
        .moves {
          grid-area: 1 / 3;
        }
      }
    `;
}

export const pots: readonly Registration[] = [
  {
    tag: 'monzo-pots',
    element: PotsCard,
    card: {
      type: 'monzo-pots',
      name: hereIn(potsTexts).name,
      description: hereIn(potsTexts).description,
      preview: true,
      getEntitySuggestion: (hass, entityId) => {
        const pot = deviceOf(hass, entityId, 'pot');
        return pot && { config: { type: 'custom:monzo-pots', pots: [pot.id] } };
      },
    },
  },
];
