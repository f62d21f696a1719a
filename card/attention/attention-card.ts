import { html, nothing } from 'lit/html.js';
import { css } from '../card-element.ts';
import type { Hass } from '../hass.ts';
import { pageOf, type Part } from '../household.ts';
import { MoneyCard } from '../parts/money-card.ts';
import type { Registration } from '../registration.ts';
import type { AttentionSettings } from '../settings.ts';
import { textsIn } from '../texts.ts';
import { attentionTexts } from './attention-texts.ts';
import { findingsOf, type Finding } from './findings.ts';

/** Says in sentences what a person has to do, and is not there while that is nothing. */
class AttentionCard extends MoneyCard<AttentionSettings> {
  #findings: readonly Finding[] = [];

  static getStubConfig() {
    return {};
  }

  protected override entityIds(): readonly string[] {
    const { bridges = [], logins = [], accounts = [] } = this.household ?? {};
    return [...bridges, ...logins, ...accounts].flatMap(({ entities }: Part) => Object.values(entities));
  }

  protected override titleIn(hass: Hass): string {
    return textsIn(hass, attentionTexts).heading;
  }

  protected override willUpdate(): void {
    const { hass, household, settings } = this;
    this.#findings = hass && household ? findingsOf(household, settings, hass) : [];
    this.show(this.#findings.length > 0);
  }

  protected override content(hass: Hass) {
    return html`<div class="content" role="status">
      <ul>
        ${this.#findings.map((finding) => rowOf(finding, hass))}
      </ul>
    </div>`;
  }

  static override readonly styles = [
    ...MoneyCard.styles,
    css`
      li {
        grid-template-columns: auto 1fr;
      }
      .error {
        color: var(--error-color);
      }
      .warning {
        color: var(--warning-color);
      }
      a {
        color: inherit;
      }
    `,
  ];
}

function rowOf({ icon, isError, isGone, part, sentence }: Finding, hass: Hass) {
  const address = isGone ? null : pageOf(hass, part.id);
  const { open } = textsIn(hass, attentionTexts);
  const label = `${open}: ${part.name}`;
  return html`<li>
    <ha-icon class=${isError ? 'error' : 'warning'} icon=${icon}></ha-icon>
    <div>
      <b><bdi>${part.name}</bdi></b>
      <p>${sentence}</p>
      ${address === null ? nothing : html`<a href=${address} target="_blank" rel="noreferrer" aria-label=${label}>${open}</a>`}
    </div>
  </li>`;
}

export const attention: readonly Registration[] = [
  {
    tag: 'monzo-attention',
    element: AttentionCard,
    card: {
      type: 'monzo-attention',
      name: 'Monzo: what needs attention',
      description: 'What you have to do; hidden while that is nothing.',
    },
  },
];
