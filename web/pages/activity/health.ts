import './activity.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { checkEverything, type Check } from '../../api/activity.ts';
import type { Health } from '../../api/contract.ts';
import type { Page } from '../../page.ts';
import '../../parts/form.ts';
import { linked } from '../../parts/linked.ts';
import { texts } from '../../texts/activity.ts';
import { nameOfPart, toneOf } from './part-words.ts';

const words = texts.health;

/** The status of every part, what a look at everything has found, and the diagnostics to download. */
export class HealthCard extends LitElement {
  static override properties = { page: { attribute: false }, checks: { state: true } };
  declare page: Page;
  /** What the last look has found; null before the first one. */
  declare checks: readonly Check[] | null;

  constructor() {
    super();
    this.checks = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { health: known, logins } = this.page.knowledge;
    return html`<article class="card">
      ${partsOf(known?.parts ?? [], (part) => nameOfPart(part, logins))} ${this.#looking()}
      <p class="hint">
        <a href="api/diagnostics" download="monzo-bridge-diagnostics.json">${words.diagnostics}</a>
        ${words.diagnosticsHint}
      </p>
      ${known === null ? nothing : html`<p class="hint">${words.version(known.version)}</p>`}
    </article>`;
  }

  #looking(): TemplateResult {
    const { checks } = this;
    return html`<div role="status">
        ${
          checks === null
            ? nothing
            : html`<h2>${words.checked}</h2>
                <ol class="parts">
                  ${checks.map((check) => row(words.checkName(check.check, check.about), check))}
                </ol>`
        }
      </div>
      <p class="hint">${words.checkHint}</p>
      <mb-form
        .fields=${nothing}
        .label=${words.check}
        .submit=${async () => {
          this.checks = null;
          this.checks = await checkEverything(this.page.call);
        }}
      ></mb-form>`;
  }
}

type Part = Health['parts'][number];

/** What is not fine first; the rest in a few words, unless somebody wants to see it. */
function partsOf(parts: readonly Part[], nameOf: (part: string) => string): TemplateResult {
  const fine = parts.filter(({ state }) => state === 'ok');
  const others = parts.filter(({ state }) => state !== 'ok');
  const list = (shown: readonly Part[]) =>
    html`<ul class="parts">
      ${shown.map((part) => row(nameOf(part.part), part, toneOfPart(part)))}
    </ul>`;
  return html`${
    others.length > 0
      ? list(others)
      : parts.length > 0
        ? html`<p class="notice good">${words.allFine}</p>`
        : nothing
  }
  ${
    fine.length === 0
      ? nothing
      : html`<details>
          <summary>${words.fine(fine.length)}</summary>
          ${list(fine)}
        </details>`
  }`;
}

interface Row {
  readonly state: keyof typeof words.states;
  readonly sentence: string | null;
}

function row(name: string, { state, sentence }: Row, tone = toneOf(state)): TemplateResult {
  return html`<li>
    <span class="part">${name}</span>
    <span class="state ${tone}">${words.states[state]}</span>
    ${sentence === null ? nothing : html`<p class="soft">${linked(sentence)}</p>`}
  </li>`;
}

/** Green only for what there is nothing to say about. */
function toneOfPart({ state, sentence }: Part): string {
  return state === 'ok' && sentence !== null ? 'calm' : toneOf(state);
}

customElements.define('mb-health', HealthCard);
