import { html, nothing, type TemplateResult } from 'lit/html.js';
import { CardElement, css, type Changed } from '../card-element.ts';
import type { Hass } from '../hass.ts';
import { readHousehold, type Household } from '../household.ts';
import { freshen } from '../move/open-move.ts';
import { checkSettings } from './settings-form.ts';
import { shared } from './styles.ts';

interface Settings {
  readonly title?: string;
  readonly hide_amounts?: boolean;
}

const shown = ['devices', 'entities', 'services', 'connected', 'locale', 'language'] as const;

/** A card with a heading that knows the household, and hides amounts where its settings say so: dashboards hang on walls. */
export abstract class MoneyCard<Of extends Settings> extends CardElement {
  static override readonly properties: readonly string[] = [
    'hass',
    'settings',
    'household',
    'isShown',
    'filters',
  ];
  declare hass?: Hass;
  declare settings: Of;
  declare household?: Household;
  /** Whether hidden amounts were tapped. */
  declare isShown?: boolean;
  #readFrom: Hass | undefined;

  /** Throws a sentence for the person who wrote the settings. */
  setConfig(settings: Of): void {
    checkSettings(settings);
    this.settings = settings;
  }

  disconnectedCallback(): void {
    this.isShown = false;
  }

  /** The entities whose states are shown. */
  protected abstract entityIds(): readonly string[];

  protected abstract titleIn(hass: Hass): string;

  protected abstract content(hass: Hass): unknown;

  /** Home Assistant hands out a new `hass` with every change of any state in the house. */
  protected override shouldUpdate(changed: Changed): boolean {
    const { hass } = this;
    const before = changed.get('hass') as Hass | undefined;
    if (!hass) return false;
    freshen(hass);
    if (this.#readFrom?.devices !== hass.devices || this.#readFrom.entities !== hass.entities)
      void this.#read(hass);
    return (
      changed.size !== 1 ||
      !before ||
      shown.some((key) => before[key] !== hass[key]) ||
      this.entityIds().some((id) => before.states[id] !== hass.states[id])
    );
  }

  protected override render() {
    const { hass, settings } = this;
    if (!hass) return nothing;
    const label = hass.localize(`ui.common.${this.#isHidden ? 'show' : 'hide'}`);
    return html`<ha-card>
      <div class="moves head">
        <h2>${settings.title ?? this.titleIn(hass)}</h2>
        ${
          settings.hide_amounts
            ? html`<button aria-label=${label} title=${label} @click=${this.#toggle}>
                <ha-icon icon=${this.#isHidden ? 'mdi:eye' : 'mdi:eye-off'}></ha-icon>
              </button>`
            : nothing
        }
      </div>
      ${this.content(hass)}
    </ha-card>`;
  }

  /** An amount, or dots in its place. A tap on them shows it; with the keyboard, the button beside the heading does. */
  protected amount(text: string): TemplateResult {
    return this.#isHidden
      ? html`<span aria-hidden="true" @click=${this.#toggle}>•••</span>`
      : html`<span class="amount">${text}</span>`;
  }

  get #isHidden(): boolean {
    return Boolean(this.settings.hide_amounts && !this.isShown);
  }

  readonly #toggle = () => {
    this.isShown = !this.isShown;
  };

  async #read(hass: Hass): Promise<void> {
    this.#readFrom = hass;
    try {
      this.household = await readHousehold(hass);
    } catch {
      // Home Assistant is gone for the moment: its next sign of life asks again.
      this.#readFrom = undefined;
    }
  }

  static override readonly styles: readonly string[] = [
    shared,
    css`
      ha-card {
        display: flex;
        flex-direction: column;
        block-size: 100%;
        overflow: hidden;
      }
      .head {
        align-items: center;
        padding: 12px 16px 0;
      }
      .content {
        flex: 1;
        overflow: auto;
        padding: 8px 16px;
      }
      li {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 4px 12px;
        align-items: center;
        padding-block: 8px;
      }
      li + li {
        border-block-start: 1px solid var(--divider-color);
      }
      li > .soft {
        grid-column: 1 / -1;
      }
    `,
  ];
}
