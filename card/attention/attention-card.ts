import { html, nothing } from 'lit/html.js';
import { CardElement, css } from '../card-element.ts';
import type { Hass } from '../hass.ts';
import { pageOf, readHousehold, type Household } from '../household.ts';
import type { Registration } from '../registration.ts';
import type { AttentionSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { attentionTexts } from './attention-texts.ts';
import { findingsOf, type Finding } from './findings.ts';

/** Says in sentences what a person has to do, and is not there while that is nothing. */
class AttentionCard extends CardElement {
  static override readonly properties = ['hass', 'preview', 'settings', 'household'];
  declare hass?: Hass;
  declare preview: boolean;
  declare settings?: AttentionSettings;
  declare household?: Household;
  #readFrom: Hass | undefined;
  #findings: readonly Finding[] = [];

  setConfig(settings: AttentionSettings): void {
    this.settings = settings;
  }

  getCardSize(): number {
    return 1 + this.#findings.length;
  }

  getGridOptions() {
    return { columns: 'full', rows: 'auto' };
  }

  static getStubConfig() {
    return {};
  }

  protected override willUpdate(): void {
    const { hass } = this;
    if (!hass) return;
    if (this.#readFrom?.devices !== hass.devices || this.#readFrom.entities !== hass.entities) {
      this.#readFrom = hass;
      void this.#read(hass);
    }
    this.#findings = this.household
      ? findingsOf(this.household, this.settings ?? {}, {
          hass,
          texts: textsIn(hass, attentionTexts),
          now: Date.now(),
        })
      : [];
    this.show(this.#findings.length > 0 || this.preview);
  }

  protected override render() {
    const { hass } = this;
    if (!hass) return nothing;
    const texts = textsIn(hass, attentionTexts);
    return html`<ha-card>
      <h2>${texts.heading}</h2>
      <ul role="status">
        ${this.#findings.map((finding) => this.#row(finding, hass))}
      </ul>
    </ha-card>`;
  }

  #row({ icon, isError, about, sentence, device }: Finding, hass: Hass) {
    const address = pageOf(hass, device);
    const { open } = textsIn(hass, attentionTexts);
    return html`<li class=${isError ? 'error' : 'warning'}>
      <ha-icon .icon=${icon} aria-hidden="true"></ha-icon>
      <div>
        <strong><bdi>${about}</bdi></strong>
        <p>${sentence}</p>
        ${
          address === null
            ? nothing
            : html`<a
                href=${address}
                target=${address.startsWith('/') ? '_self' : '_blank'}
                rel="noreferrer"
                aria-label=${`${open}: ${about}`}
                >${open}</a
              >`
        }
      </div>
    </li>`;
  }

  async #read(hass: Hass): Promise<void> {
    try {
      this.household = await readHousehold(hass);
    } catch {
      // Home Assistant is gone for the moment: its next sign of life asks again.
      if (this.#readFrom === hass) this.#readFrom = undefined;
    }
  }

  static override readonly styles = css`
    ha-card {
      padding: 12px 16px;
    }
    h2 {
      margin: 0;
      font-size: var(--ha-font-size-l, 16px);
      font-weight: var(--ha-font-weight-medium, 500);
    }
    ul {
      margin: 0;
      padding: 0;
      list-style: none;
    }
    li {
      display: flex;
      gap: 12px;
      margin-block-start: 12px;
    }
    .error ha-icon {
      color: var(--error-color);
    }
    .warning ha-icon {
      color: var(--warning-color);
    }
    p {
      margin: 0;
      color: var(--secondary-text-color);
      overflow-wrap: anywhere;
    }
    a {
      color: var(--primary-color);
    }
  `;
}

export const attention: readonly Registration[] = [
  {
    tag: 'monzo-attention',
    element: AttentionCard,
    card: {
      type: 'monzo-attention',
      name: 'Monzo: what needs attention',
      description: 'Says what you have to do, and hides while that is nothing.',
      preview: true,
    },
  },
];
